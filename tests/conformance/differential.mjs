// The same operations on Farol and on graphql-js over the same data: they must answer the same `data`,
// key by key and byte by byte, and have errors at the same paths; or both refuse.
// usage: node differential.mjs ENDPOINT [SEED [COUNT]]      exit 0: no difference
//
// Operations come from three places: operations/ as frontends write them, differential/cases.mjs for
// each rule of the specification, and differential/random.mjs for all else.
import { readFileSync, readdirSync } from 'node:fs';
import { buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema, version } from 'graphql';
import { cases } from './differential/cases.mjs';
import { deviations, isOf } from './differential/deviations.mjs';
import { exportData } from './differential/export.mjs';
import * as json from './differential/json.mjs';
import { randomOperation } from './differential/random.mjs';
import { Reference } from './differential/reference.mjs';
import { variants } from './differential/variants.mjs';

const [endpoint, seed = '1', count = '300'] = process.argv.slice(2);
const sdl = readFileSync('schema.graphql', 'utf8');
const reference = new Reference(sdl);

async function farol({ query, variables, operationName }) {
  const given = typeof variables === 'string' ? variables : JSON.stringify(variables ?? null);
  const body = `{"query":${JSON.stringify(query)},"operationName":${JSON.stringify(operationName ?? null)},"variables":${given}}`;
  const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
  const response = await fetch(endpoint, { method: 'POST', headers, body });
  const text = await response.text();
  return { text, ...json.parse(text) };
}

async function ask(query, variables) {
  const { data, errors } = await farol({ query, variables });
  if (errors) throw new Error(`${query}: ${JSON.stringify(errors)}`);
  return data;
}

// --- what a difference is ---

// Nothing was executed. Where there is no operation of that kind, graphql-js 16 says so beside null data.
const isRefused = ({ data, errors }) => data === undefined || (data === null && errors.every(({ path }) => !path));

// What Farol and graphql-js disagree about in their answers, or undefined.
function difference(ours, theirs) {
  const refused = [ours, theirs].map(isRefused);
  if (refused[0] !== refused[1]) return refused[0] ? 'Farol refuses' : 'graphql-js refuses';
  if (refused[0]) {
    tally.refusedAtTheSamePlace += places(ours.errors).some((place) => places(theirs.errors).includes(place));
    return undefined;
  }
  if (!ours.text.includes(`"data":${json.stringify(theirs.data)}`)) return 'the data differs';
  const paths = ({ errors }) => (errors ?? []).map(({ path }) => JSON.stringify(path)).sort().join(' ');
  if (paths(ours) !== paths(theirs)) return 'the errors are at other paths';
  const elsewhere = (error) => !places(theirs.errors).includes(places([error])[0]);
  return ours.errors?.some(elsewhere) ? 'an error names another place' : undefined;
}

const places = (errors) => errors.flatMap(({ locations }) => (locations ?? []).map(({ line, column }) => `${line}:${column}`));

const LIMITS = ['QUERY_TOO_COMPLEX', 'QUERY_TOO_DEEP'];
const tally = { same: 0, refused: 0, refusedAtTheSamePlace: 0, beyond: 0, known: 0, different: 0 };

// An operation that `deviates` must differ; one whose answers are excused may. Gives
// back Farol's answer where both agree.
async function compare(operation, origin, { deviates = false, excuses = () => false } = {}) {
  const given = typeof operation.variables === 'string' ? JSON.parse(operation.variables) : operation.variables;
  const [ours, theirs] = await Promise.all([farol(operation), reference.ask({ ...operation, variables: given })]);
  if (LIMITS.includes(ours.errors?.[0].extensions?.code)) {
    tally.beyond += 1;
    return undefined;
  }
  const found = difference(ours, theirs);
  if (found && (deviates || excuses(theirs, ours))) {
    tally.known += 1;
    return undefined;
  }
  if (!found && !deviates) {
    tally['data' in ours ? 'same' : 'refused'] += 1;
    return ours;
  }
  tally.different += 1;
  console.log(`\n${origin}: ${found ?? 'no longer deviates'}\n${operation.query}`);
  console.log(`  variables   ${JSON.stringify(operation.variables)}, operationName ${operation.operationName}`);
  console.log(`  Farol       ${ours.text.slice(0, 2000)}\n  graphql-js  ${json.stringify(theirs).slice(0, 2000)}`);
  return undefined;
}

// --- the operations ---

const begun = Date.now();
reference.load(await exportData(reference.schema, ask, variants));
const { known: asked, unknown: left } = reference;
console.log(`${reference.rows.size} rows; root fields: ${asked.join(', ')}${left.length > 0 ? `; left out: ${left.join(', ')}` : ''}`);

const id = (type) => reference.ofType(type)[0].id;
const list = (name, key) => reference.roots.get(name).get(key).value;
const some = {
  process: id('ContractingProcess'),
  award: id('Award'),
  organization: id('Organization'),
  dataset: id('Dataset'),
  missing: Buffer.from('Award:1').toString('base64url'),
  cursor: list('processes', '{"orderBy":"DATE_DESC"}').edges[2].cursor,
  otherCursor: list('organizations', '{"orderBy":"NAME_ASC"}').edges[2].cursor,
};
const known = deviations(some);
for (const operation of cases(some)) {
  await compare(operation, 'case', { deviates: known.some(({ of }) => of.some(isOf(operation))) });
}

// Those of frontends must be answered without an error, page by page until the whole list was seen.
for (const name of readdirSync('operations')) {
  const query = readFileSync(`operations/${name}`, 'utf8');
  const variables = JSON.parse(query.match(/^# variables: (.*)$/m)[1]);
  let seen = 0;
  for (let more = true; more; ) {
    const answer = await compare({ query, variables }, name);
    if (!answer?.data || answer.errors) throw new Error(`${name} is not answered`);
    const { totalCount, edges, nodes, pageInfo } = find(answer.data) ?? {};
    seen += (edges ?? nodes ?? []).length;
    more = pageInfo?.hasNextPage || pageInfo?.hasPreviousPage;
    if (pageInfo && !more && seen !== totalCount) throw new Error(`${name} shows ${seen} of ${totalCount} rows`);
    Object.assign(variables, query.includes('$before') ? { before: pageInfo?.startCursor } : { after: pageInfo?.endCursor });
  }
}

// The first page below a value.
function find(value) {
  if (value === null || typeof value !== 'object') return undefined;
  return value.pageInfo ? value : Object.values(value).map(find).find(Boolean);
}

// Random aliases and arguments make conflicts, about which the two differ (deviations.mjs).
const conflicting = ({ errors }) => errors?.every(({ message }) => message.includes('conflict'));
const excuses = (...answers) => answers.some(conflicting);
for (let at = Number(seed); at < Number(seed) + Number(count); at += 1) {
  await compare(randomOperation(reference, at), `random operation, seed ${at}`, { excuses });
}

// Introspection as tools do it gives the committed schema, whatever the order of its types.
const options = { descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true, inputValueDeprecation: true };
const introspected = buildClientSchema(await ask(getIntrospectionQuery(options)));
const [ours, theirs] = [introspected, buildSchema(sdl)].map((schema) => printSchema(lexicographicSortSchema(schema)).split('\n'));
const differing = ours.findIndex((line, at) => line !== theirs[at]);
if (differing >= 0) throw new Error(`introspection differs from schema.graphql: ${ours[differing]} is not ${theirs[differing]}`);

console.log(`graphql-js ${version}: ${JSON.stringify(tally)} in ${((Date.now() - begun) / 1000).toFixed(1)} s; introspection alike`);
process.exit(tally.different > 0 ? 1 : 0);
