// graphql-ws and graphql-sse, as their users write them, against a running server that takes releases.
// usage: node subscriptions.mjs ENDPOINT TOKEN     exit 0: what was published came, once and in order, also to those
// who went away and came back
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import { createClient as createEventsClient } from 'graphql-sse';
import WebSocket from 'ws';

const [endpoint, token] = process.argv.slice(2);
const socketUrl = endpoint.replace(/^http/, 'ws');
const CHANGES = `subscription Changes($after: String) {
  processChanges(after: $after, batch: { maxSize: 20, maxDelayMs: 10 }) {
    changes { ocid kind process { tender { title } buyer { name } } }
    cursor
  }
}`;

let count = 0;
async function publish(many) {
  const releases = Array.from({ length: many }, () => {
    count += 1;
    const title = `Repair of the road number ${count} between the two bridges and the old mill`;
    const buyer = { id: 'b', name: 'Town Hall' };
    return {
      ocid: `ocds-${count}`, id: `${count}`, date: '2026-01-01T00:00:00Z', tag: ['tender'], initiationType: 'tender',
      parties: [{ ...buyer, roles: ['buyer'] }], buyer, tender: { id: 't', title, status: 'active' },
    };
  });
  const query = `mutation($input: PublishReleasesInput!) {
    publishReleases(input: $input) { results { outcome } } }`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables: { input: { dataset: 'test', releases } } }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  assert.ok(data.publishReleases.results.every(({ outcome }) => outcome === 'CREATED'));
}

// Takes messages until so many changes came. Returns the cursor of the last message.
async function take(messages, changes, heard) {
  let cursor;
  for (let more = changes; more > 0; ) {
    const { value, done } = await messages.next();
    assert.ok(!done, 'it ended');
    assert.equal(value.errors, undefined, JSON.stringify(value.errors));
    const batch = value.data.processChanges;
    for (const change of batch.changes) {
      assert.match(change.process.tender.title, /^Repair of the road number/);
      heard.push(change.ocid);
    }
    more -= batch.changes.length;
    ({ cursor } = batch);
  }
  return cursor;
}

const expected = (from, through) => Array.from({ length: through - from + 1 }, (_, n) => `ocds-${from + n}`);

async function overASocket() {
  const client = createClient({ url: socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  const query = client.iterate({ query: '{ serverInfo { version } }' });
  assert.ok((await query.next()).value.data.serverInfo.version);
  assert.ok((await query.next()).done, 'a query is complete');
  const wrong = client.iterate({ query: '{ nothing }' });
  await assert.rejects(wrong.next(), (errors) => errors[0].extensions.code === 'GRAPHQL_VALIDATION_FAILED');

  const from = count + 1;
  const heard = [];
  let messages = client.iterate({ query: CHANGES });
  const first = take(messages, 30, heard);
  await subscribed();
  await publish(30);
  const cursor = await first;
  client.terminate();
  await publish(70);
  const again = createClient({ url: socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  messages = again.iterate({ query: CHANGES, variables: { after: cursor } });
  await take(messages, 70, heard);
  await publish(5);
  await take(messages, 5, heard);
  assert.deepEqual(heard, expected(from, count));
  await messages.return();
  await again.dispose();
}

async function overEvents() {
  const client = createEventsClient({ url: endpoint, retryAttempts: 0 });
  const query = client.iterate({ query: '{ serverInfo { version } }' });
  assert.ok((await query.next()).value.data.serverInfo.version);

  const from = count + 1;
  const heard = [];
  let messages = client.iterate({ query: CHANGES });
  const first = take(messages, 30, heard);
  await subscribed();
  await publish(30);
  const cursor = await first;
  await messages.return();
  await publish(70);
  // A client that only knows the id of the last event, as browsers do.
  const resumed = createEventsClient({ url: endpoint, retryAttempts: 0, headers: { 'last-event-id': cursor } });
  messages = resumed.iterate({ query: CHANGES });
  await take(messages, 70, heard);
  assert.deepEqual(heard, expected(from, count));
  await messages.return();
  client.dispose();
  resumed.dispose();
}

// Waits until the server has a subscriber: what is published before does not come.
async function subscribed() {
  const metrics = endpoint.replace('/graphql', '/metrics');
  for (;;) {
    const text = await (await fetch(metrics)).text();
    if (/^farol_live_subscribers(\{.*\})? [1-9]/m.test(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

await overASocket();
await overEvents();
console.log(`graphql-ws and graphql-sse: ${count} changes, each once and in order`);
