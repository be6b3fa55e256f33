// Asks the same RATE times a second, for SECONDS, whether answers come or not. Prints: requests after the
// first; those that waited for the database, as X-Farol-Cache tells; failed ones; p50, p99 and the longest in
// milliseconds.
//
//   node scripts/load/steady.mjs ENDPOINT FILE-OF-THE-BODY RATE SECONDS

import { readFileSync } from 'node:fs';
import http from 'node:http';
import { ask } from './graphql.mjs';

const [, , endpoint, file, rate, seconds] = process.argv;
const body = readFileSync(file, 'utf8');
const agent = new http.Agent({ keepAlive: true });
await ask(endpoint, body, agent);

const total = Number(rate) * Number(seconds);
const began = performance.now();
const answers = [];
while (answers.length < total) {
  const wait = began + (answers.length * 1000) / Number(rate) - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  answers.push(ask(endpoint, body, agent).catch(() => ({ status: 0, source: '', text: '', took: 0 })));
}
const ended = await Promise.all(answers);
const waited = ended.filter(({ source }) => !/^response|misses=0$/.test(source)).length;
const failed = ended.filter(({ status, text }) => status !== 200 || text.startsWith('{"errors"')).length;
const took = ended.map(({ took }) => took).sort((one, other) => one - other);
const at = (part) => took[Math.ceil(part * took.length) - 1].toFixed(1);
console.log(ended.length, waited, failed, at(0.5), at(0.99), at(1));
agent.destroy();
