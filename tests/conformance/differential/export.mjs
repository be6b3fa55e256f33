// Reads all that a server holds by plain queries, whatever its schema: every root list, and every row
// that is reached from there, once. What is read names other rows by `{ __typename, id }`.
import { getNamedType, isAbstractType, isInterfaceType, isLeafType, isObjectType, isRequiredArgument } from 'graphql';

const ROWS = 100;
const BATCH = 10;
export const PAGING = ['first', 'after', 'last', 'before'];

export const isConnection = (type) => getNamedType(type).name.endsWith('Connection');
const isNode = (type) => isInterfaceType(type) || (isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'));
const isEmpty = (value) => value == null || (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0);

// What a root field was asked for, but for the page of a list: arguments that say nothing are left out.
export function variantKey(type, args) {
  const plain = (value) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]).filter(([, part]) => !isEmpty(part)).sort())
      : value;
  const paging = isConnection(type) ? PAGING : [];
  return JSON.stringify(plain(Object.fromEntries(Object.entries(args).filter(([name]) => !paging.includes(name)))));
}

// The arguments of a field that were not given, where they have defaults.
const defaults = (field) => Object.fromEntries(field.args.filter((arg) => arg.defaultValue !== undefined).map((arg) => [arg.name, arg.defaultValue]));

// Everything of a type that can be read without arguments of its own; the first page of lists.
function breadth(type) {
  const known = Object.values(type.getFields()).filter((field) => !field.args.some(isRequiredArgument));
  return known.map((field) => `${field.name}${isConnection(field.type) ? `(first: ${ROWS})` : ''}${below(field.type)}`).join(' ');
}

function below(type) {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (isNode(named) || isAbstractType(named)) return ' { __typename ... on Node { id } }';
  if (!isConnection(named)) return ` { ${breadth(named)} }`;
  const fields = Object.values(named.getFields()).filter(({ name }) => !['edges', 'nodes', 'pageInfo'].includes(name));
  const extras = fields.map(({ name, type: of }) => name + below(of)).join(' ');
  return ` { ${extras} pageInfo { hasNextPage } edges { ${breadth(getNamedType(named.getFields().edges.type))} } }`;
}

// Every {__typename, id} below a value.
function* references(value) {
  if (value === null || typeof value !== 'object') return;
  if (typeof value.__typename === 'string' && typeof value.id === 'string') yield value;
  if (value.pageInfo?.hasNextPage) throw new Error(`a list of the fixture has more than ${ROWS} rows`);
  for (const part of Object.values(value)) yield* references(part);
}

// `ask(query, variables)` gives the data of an answer, or throws. `variants` names, by root field, further
// arguments to read it with. What refuses to be read, such as an order that needs a filter, is left out,
// but for the plain field and its variants, and so are root fields that need arguments and have no variant, and the
// log of changes, which is paged forward only and tells more of its pages than rows have.
export async function exportData(schema, ask, variants) {
  const roots = new Map();
  for (const field of Object.values(schema.getQueryType().getFields())) {
    if (field.name === 'changes') continue;
    const lists = new Map();
    const given = variants[field.name] ?? [];
    const plain = field.args.some(isRequiredArgument) ? [] : [{}];
    for (const args of [...plain, ...given, ...ordered(field, given)]) {
      const data = await ask(rootQuery(field, args), args).catch((error) => {
        if (plain.includes(args) || given.includes(args)) throw error;
      });
      if (data) lists.set(variantKey(field.type, { ...defaults(field), ...args }), { args, value: data[field.name] });
    }
    roots.set(field.name, lists);
  }
  return { roots, rows: await exportRows(schema, ask, [...roots.values()].flatMap((lists) => [...lists.values()])) };
}

// The whole of a root field, or the first page of it.
function rootQuery(field, args) {
  const declared = Object.keys(args).map((name) => `$${name}: ${field.args.find((arg) => arg.name === name).type}`);
  const given = Object.keys(args).map((name) => `${name}: $${name}`);
  if (isConnection(field.type)) given.push(`first: ${ROWS}`);
  const list = (parts) => (parts.length > 0 ? `(${parts.join(', ')})` : '');
  return `query ${list(declared)} { ${field.name}${list(given)}${below(field.type)} }`;
}

// The orders of a list, and the variants in one of them.
function ordered(field, variants) {
  const order = field.args.find(({ name }) => name === 'orderBy');
  const orders = order ? getNamedType(order.type).getValues().map(({ value }) => ({ orderBy: value })) : [];
  return [...orders, ...orders.slice(-1).flatMap((last) => variants.map((variant) => ({ ...last, ...variant })))];
}

async function exportRows(schema, ask, start) {
  const rows = new Map();
  const wanted = new Map();
  const want = (value) => {
    for (const { __typename, id } of references(value)) {
      if (rows.has(id)) continue;
      if (!wanted.has(__typename)) wanted.set(__typename, new Set());
      wanted.get(__typename).add(id);
    }
  };
  want(start);
  while (wanted.size > 0) {
    const [[name, ids]] = wanted;
    const batch = [...ids].slice(0, BATCH);
    batch.forEach((id) => ids.delete(id));
    if (ids.size === 0) wanted.delete(name);
    const { nodes } = await ask(`query ($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on ${name} { ${breadth(schema.getType(name))} } } }`, { ids: batch });
    for (const row of nodes) rows.set(row.id, row);
    // The row itself is known by now.
    nodes.forEach((row) => want(Object.values(row)));
  }
  return rows;
}
