// Real clients follow changes that another process commits, and resume behind the last cursor they received.
// usage: node live.mjs ENDPOINT PID PROGRAM DIRECTORY ROOT      exit 0: nothing was lost or doubled
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createClient as createSocketClient } from 'graphql-ws';
import { createClient as createEventClient } from 'graphql-sse';
import WebSocket from 'ws';

const [endpoint, pid, program, directory, root] = process.argv.slice(2);
const query = `subscription ($after: String) {
  processChanges(after: $after, batch: { maxSize: 2, maxDelayMs: 20 }) {
    cursor missed { count } changes { cursor kind process { ocid } }
  }
}`;

/** Commits processes of the fixture as a dataset of this name; gives back how many there are. */
function commit(dataset, file) {
  const args = ['import', '--dataset', dataset, `${root}/tests/fixtures/${file}.jsonl`];
  const printed = execFileSync(program, args, { cwd: directory, encoding: 'utf8' });
  return Number(/processes +(\d+)/.exec(printed)[1]);
}

/** What came of a subscription: the changes in order, and the last cursor. */
class Followed {
  changes = [];
  cursor = null;
  take({ data, errors }) {
    assert.equal(errors, undefined, JSON.stringify(errors));
    assert.equal(data.processChanges.missed, null);
    this.changes.push(...data.processChanges.changes);
    this.cursor = data.processChanges.cursor;
    this.wanted?.();
  }
  async until(count) {
    while (this.changes.length < count) await new Promise((resolve) => { this.wanted = resolve; });
    assert.equal(this.changes.length, count, 'a change came twice');
    assert.equal(new Set(this.changes.map((change) => change.cursor)).size, count);
  }
}

/** Follows with a client of one of the packages, until the signal says so. */
function follow(client, after) {
  const followed = new Followed();
  followed.ended = new Promise((resolve, reject) => {
    const sink = { next: (result) => followed.take(result), error: reject, complete: resolve };
    followed.stop = client.subscribe({ query, variables: { after } }, sink);
  });
  followed.ended.catch(() => {});
  return followed;
}

/** Follows by GET, as EventSource does: the cursor comes as the event's id and goes back as a header. */
async function followEvents(cursor) {
  const followed = new Followed();
  const headers = { accept: 'text/event-stream', 'last-event-id': cursor, 'accept-encoding': 'gzip' };
  const url = `${endpoint}?${new URLSearchParams({ query })}`;
  const answer = await fetch(url, { headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-encoding'), null);
  followed.comments = 0;
  followed.ended = (async () => {
    let text = '';
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + part).split('\n\n');
      text = blocks.pop();
      for (const block of blocks) {
        const [, id, data] = /^event: next\nid: (.*)\ndata: (.*)$/.exec(block) ?? [];
        if (data === undefined) {
          assert.match(block, /^(retry: \d+\n)?:$/);
          followed.comments += 1;
          followed.wanted?.();
        } else {
          followed.take(JSON.parse(data));
          assert.equal(id, followed.cursor);
        }
      }
    }
  })();
  return followed;
}

const start = async () => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ query: '{ changes(first: 100) { pageInfo { endCursor hasNextPage } } }' });
  const { data } = await (await fetch(endpoint, { method: 'POST', headers, body })).json();
  assert.equal(data.changes.pageInfo.hasNextPage, false);
  return data.changes.pageInfo.endCursor;
};

const closes = [];
const sockets = createSocketClient({
  url: endpoint.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  retryAttempts: 0,
  on: { closed: (event) => closes.push(event.code) },
});
const events = createEventClient({ url: endpoint, retryAttempts: 0 });

const began = await start();
const [bySocket, byEvents] = [follow(sockets, began), follow(events, began)];
const first = commit('one', 'north');
await Promise.all([bySocket.until(first), byEvents.until(first)]);
assert.deepEqual(byEvents.changes, bySocket.changes);
bySocket.stop();
byEvents.stop();

// What is committed while nobody listens is told to whoever resumes, and nothing else is.
const second = commit('two', 'south') + commit('three', 'east');
const resumed = [
  follow(sockets, bySocket.cursor),
  follow(events, bySocket.cursor),
  await followEvents(bySocket.cursor),
];
await Promise.all(resumed.map((followed) => followed.until(second)));
const third = commit('four', 'south');
await Promise.all(resumed.map((followed) => followed.until(second + third)));
const all = resumed.map((followed) => followed.changes);
assert.deepEqual(all[1], all[0]);
assert.deepEqual(all[2], all[0]);
const seen = new Set(bySocket.changes.map((change) => change.cursor));
assert(all[0].every((change) => !seen.has(change.cursor)));
while (resumed[2].comments < 2) await new Promise((resolve) => { resumed[2].wanted = resolve; });

// The server shuts down: each is told so that its client would come back, and resume.
process.kill(Number(pid), 'SIGTERM');
const [socketEnded, eventsEnded] = await Promise.allSettled([resumed[0].ended, resumed[1].ended]);
assert.equal(socketEnded.reason?.code, 1012);
assert.match(String(eventsEnded.reason), /NetworkError|Connection closed/);
// Its end is no `complete`, which would have been no block that is known.
await resumed[2].ended;
console.log(`${first} changes followed, ${second} resumed, ${third} more, by three clients; closed with ${closes.at(-1)}`);
process.exit(0);
