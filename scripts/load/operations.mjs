// Prints COUNT different operations over the data behind ENDPOINT, one body a line, all kinds in all ranks, each
// with an answer of at most 10 KB:
//
//   node scripts/load/operations.mjs ENDPOINT COUNT

import http from 'node:http';
import { ask, data } from './graphql.mjs';

const [endpoint, count] = [process.argv[2], Number(process.argv[3])];
const agent = new http.Agent({ keepAlive: true });

/** All nodes of a list, at most so many. */
async function nodes(list, order, selection, most) {
  const found = [];
  const query = `query($after: String) { ${list}(first: 100, after: $after, orderBy: ${order}) {
    nodes { ${selection} } pageInfo { hasNextPage endCursor } } }`;
  for (let after = null; found.length < most; ) {
    const page = (await data(endpoint, query, { after }, agent))[list];
    found.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) break;
    after = page.pageInfo.endCursor;
  }
  return found;
}

const processes = await nodes('processes', 'DATE_DESC', 'ocid date buyer { id }', 6000);
const organizations = await nodes('organizations', 'NAME_ASC', 'id', 1000);
const different = (values) => [...new Set(values.filter((value) => value != null))];
const ocids = different(processes.map((process) => process.ocid));
const dates = different(processes.map((process) => process.date));
const buyers = different(processes.map((process) => process.buyer?.id));

const row = 'ocid date tender { title value { amount currency } } buyer { name }';
const page = `query Page($before: DateTime!) { processes(first: 30, filter: {date: {before: $before}}) { nodes { ${row} } } }`;
const nested = `query Nested($before: DateTime!) { processes(first: 12, filter: {date: {before: $before}}) { nodes {
  ocid awards(first: 3) { nodes { suppliers { name } } } bids(first: 5) { nodes { status tenderers { name } } } } } }`;
const bought = `query Bought($buyer: ID!, $order: ProcessOrder, $before: DateTime!) {
  processes(first: 30, orderBy: $order, filter: {buyer: [$buyer], date: {before: $before}}) { totalCount nodes { ${row} } } }`;
const one = `query One($ocid: String!) { process(ocid: $ocid) { ${row} bids { nodes { status value { amount } tenderers { name } } }
  awards { nodes { title value { amount } suppliers { name } } } contracts { nodes { title } } } }`;
const who = `query Who($id: ID!) { organization(id: $id) { name address { locality } bids(first: 20) { nodes { status process { ocid } } }
  awards(first: 20) { nodes { title } } } }`;
const spent = `query Spent($buyer: ID!, $by: SpendingGroupBy!, $before: DateTime!) {
  spending(groupBy: $by, first: 10, filter: {buyer: [$buyer], date: {before: $before}}) { currency count sum } }`;

/** A pseudo-random order, the same each time. */
let seed = 1;
const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
const of = (values) => values[random(values.length)];

const kinds = [
  () => [page, { before: of(dates) }],
  () => [nested, { before: of(dates) }],
  () => [bought, { buyer: of(buyers), order: of(['DATE_DESC', 'DATE_ASC']), before: of(dates) }],
  () => [one, { ocid: of(ocids) }],
  () => [one, { ocid: of(ocids) }],
  () => [who, { id: of(organizations).id }],
  () => [spent, { buyer: of(buyers), by: of(['SUPPLIER', 'CATEGORY', 'YEAR', 'MONTH']), before: of(dates) }],
];

/** The operations of a round that can be told from all before. */
const seen = new Set();
function candidates(most) {
  const found = [];
  for (let tries = 0; found.length < most && tries < 100 * most; tries += 1) {
    const [query, variables] = of(kinds)();
    const body = JSON.stringify({ query: query.replace(/\s+/g, ' '), variables });
    if (!seen.has(body)) found.push(body);
    seen.add(body);
  }
  return found;
}

let printed = 0;
while (printed < count) {
  const bodies = candidates(Math.min(32, count - printed));
  if (bodies.length === 0) throw new Error(`the data has only ${printed} such operations`);
  const answers = await Promise.all(bodies.map((body) => ask(endpoint, body, agent)));
  const good = bodies.filter((_, place) => {
    const { status, text } = answers[place];
    return status === 200 && !text.startsWith('{"errors"') && Buffer.byteLength(text) <= 10_240;
  });
  printed += good.length;
  if (good.length > 0) process.stdout.write(`${good.join('\n')}\n`);
}
agent.destroy();
