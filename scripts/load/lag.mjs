// How long after a commit by `farol import` servers answer anew. UNCACHED keeps nothing, so it answers anew
// with the commit. Prints for each round how many milliseconds later each ENDPOINT did.
//
//   node scripts/load/lag.mjs ROUNDS DIRECTORY FAROL DATABASE-URL UNCACHED ENDPOINT…

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { promisify } from 'node:util';
import { ask } from './graphql.mjs';

const [, , rounds, directory, farol, url, ...endpoints] = process.argv;
const agent = new http.Agent({ keepAlive: true });

/** Asks again and again; gives the moment at which the question had an answer. */
async function answered(endpoint, body) {
  for (const until = performance.now() + 10_000; performance.now() < until; ) {
    const { text } = await ask(endpoint, body, agent);
    if (!text.includes('null')) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`${endpoint} answers as before the import`);
}

for (let round = 1; round <= Number(rounds); round += 1) {
  const ocid = `ocds-bench-${process.pid}-${round}`;
  const release = { ocid, id: ocid, date: '2020-01-01T00:00:00Z', tag: ['tender'], tender: { id: '1', title: 'New' } };
  const file = `${directory}/lag.jsonl`;
  writeFileSync(file, `${JSON.stringify(release)}\n`);
  const body = JSON.stringify({ query: `{ process(ocid: "${ocid}") { ocid } }` });
  const moments = endpoints.map((endpoint) => answered(endpoint, body));
  const args = ['--database-url', url, 'import', '--dataset', 'lag', file];
  await promisify(execFile)(farol, args, { env: { ...process.env, FAROL_LOG_LEVEL: 'warn' } });
  const [uncached, ...others] = await Promise.all(moments);
  console.log(others.map((moment) => (moment - uncached).toFixed(1)).join(' '));
}
agent.destroy();
