// A subscriber that goes on where it was, however often the server goes away: as the README shows it.
// usage: node resume.mjs SOCKET_URL COUNT     prints the sequence of ocids once it has so many
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, count] = process.argv.slice(2);
const CHANGES = `subscription Changes($after: String) {
  processChanges(after: $after, batch: { maxDelayMs: 5 }) { changes { ocid } cursor } }`;

const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
const heard = [];
let after;
let rounds = 0;
while (heard.length < Number(count)) {
  rounds += 1;
  try {
    for await (const { data, errors } of client.iterate({ query: CHANGES, variables: { after } })) {
      if (errors) throw errors;
      heard.push(...data.processChanges.changes.map((change) => change.ocid));
      after = data.processChanges.cursor;
      if (rounds === 1 && heard.length > 0) console.log('subscribed');
      if (heard.length >= Number(count)) break;
    }
  } catch (error) {
    if (Array.isArray(error)) throw new Error(JSON.stringify(error));
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}
console.log(JSON.stringify({ heard, rounds }));
await client.dispose();
