// Asks for one field that nobody has asked for before, in COUNT operations at the same time, spread over the
// ENDPOINTs; each operation is another one, so that only the field can be shared. Prints: loads from the
// database, failed requests, the milliseconds of the quickest and of the slowest.
//
//   node scripts/load/stampede.mjs COUNT SINCE ENDPOINT…        SINCE, a moment, makes the field a new one

import http from 'node:http';
import { ask, metric } from './graphql.mjs';

const [, , count, since, ...endpoints] = process.argv;
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity });
const loads = async () => {
  const each = await Promise.all(endpoints.map((endpoint) => metric(endpoint, 'farol_cache_loads_total')));
  return each.reduce((sum, one) => sum + one, 0);
};
const all = (query) =>
  Promise.all(
    Array.from({ length: Number(count) }, (_, place) =>
      ask(endpoints[place % endpoints.length], JSON.stringify({ query: query(place) }), agent).catch(() => ({ status: 0 })),
    ),
  );

// The connections first, so that the requests come together.
await all(() => '{ __typename }');
const before = await loads();
const filter = `filter: {date: {from: "${since}"}}`;
const answers = await all((place) => `{ f${place}: spending(groupBy: SUPPLIER, ${filter}, first: 100) { currency count sum } }`);
const failed = answers.filter(({ status, text }) => status !== 200 || text.startsWith('{"errors"')).length;
const took = answers.map(({ took }) => took ?? 0);
console.log((await loads()) - before, failed, Math.min(...took).toFixed(0), Math.max(...took).toFixed(0));
agent.destroy();
