// Where Farol is known to differ from graphql-js, and why. Each must differ: when it no longer does, the
// test says so and the entry goes. An entry is a query, or a query with one set of variables.

const page = 'query($n: Int) { processes(first: $n) { nodes { ocid } } }';
const filter = 'query($f: ProcessFilter) { processes(filter: $f, first: 3) { totalCount nodes { ocid } } }';

export const deviations = (some) => [
  {
    why: 'async-graphql does not give a missing variable the default of its argument, and puts null at the top for an argument that cannot be read',
    right: 'graphql-js',
    of: [['query($ids: [ID!] = ["x"]) { nodes(ids: $ids) { id } }', { ids: null }], ['query($id: ID = "x") { node(id: $id) { id } }', { id: null }]],
  },
  {
    why: 'async-graphql reads the arguments of what it validates more kindly: the type of a variable where its value fits, text for an enum, anything for an input object, 64 bits for Int',
    right: 'graphql-js',
    of: [
      [filter, { f: 1 }], [filter, { f: [] }], [filter, { f: [{ dataset: 'north' }] }], [filter, { f: 'x' }],
      ...['filter: []', 'filter: [{}]', 'filter: "x"', 'filter: { status: "ACTIVE" }', 'filter: { dataset: "north", dataset: "south" }'].map((args) => `{ processes(${args}, first: 3) { totalCount nodes { ocid } } }`),
      '{ processes(orderBy: "OCID_ASC", first: 3) { nodes { ocid } } }',
      'query($d: String) { processes(filter: { dataset: [$d] }, first: 3) { totalCount } }',
      ...['$n: String', '$n: Float', '$n: [Int]', '$n: ID', '$n: Int @skip(if: true)'].map((definition) => `query Q(${definition}) { processes(first: $n) { totalCount } }`),
      'query($id: ID) { node(id: $id) { id } }',
      'query($id: String!) { node(id: $id) { id } }',
      'query($ids: [ID]!) { nodes(ids: $ids) { id } }',
      'query($id: ID!) { nodes(ids: $id) { id } }',
      'query($f: OrganizationFilter) { processes(filter: $f) { totalCount } }',
    ],
  },
  {
    why: 'async-graphql looks for conflicting fields in one selection set only, not in what is merged from several or from fragments on other types; and it forgets the type where a fragment without one begins',
    right: 'graphql-js',
    of: [
      '{ processes(first: 1) { nodes { bids { nodes { documents { totalCount } ...F } } } } } fragment F on Node { ... on Award { ... { documents(first: 2) { totalCount } } } }',
      '{ processes { nodes { ocid } ...F } } fragment F on ContractingProcessConnection { nodes { ocid: id } }',
      ...['... on Award { x: title } ... on Release { x: tags }', '... on Award { x: status } ... on Bid { x: status }', '... on Award { x: id } ... on Bid { x: localId }', '... on Award { x: value { amount } } ... on Bid { x: value { amount: currency } }'].map((selections) => `{ node(id: "x") { ${selections} } }`),
      `{ nodes(ids: ["${some.award}", "${some.organization}", "${some.dataset}"]) { ...N } } fragment N on Node { __typename ...O ... on Dataset { name } id } fragment O on Organization { name dataset { ...N2 } } fragment N2 on Node { kind: __typename }`,
    ],
  },
  {
    why: 'async-graphql does not validate __typename: its arguments, selections and directives, of which it then takes the variables for unused',
    right: 'graphql-js',
    of: [
      '{ __typename(x: 1) }',
      '{ __typename { x } }',
      ...['nothing', 'specifiedBy(url: "x")', 'deprecated', 'skip', 'skip(if: null)', 'skip(if: "true")', 'skip(unless: true)', 'include(if: true) @include(if: true)'].map((directive) => `{ __typename @${directive} }`),
      'query Q($a:Boolean=true){x:__typename@include(if:$a)}',
    ],
  },
  {
    why: "async-graphql's parser: empty lists of variables, a fragment named on, -0, surrogate pairs",
    right: 'graphql-js',
    of: ['query() { __typename }', 'query Q() { __typename }', 'fragment on on Query { __typename } { ...on }', '{ processes(first: -0) { nodes { ocid } } }', '{ process(ocid: "\\uD83D\\uDE00") { ocid } }'],
  },
  {
    why: 'graphql-js reads the September 2025 specification here, async-graphql that of October 2021',
    right: 'both',
    of: ['"description" query Q { __typename }', '{ process(ocid: "ocds\\u{2D}x-002") { ocid } }'],
  },
  { why: 'JavaScript cannot tell 2.0 from 2', right: 'both', of: [[page, '{"n":2.0}'], [page, '{"n":2e0}']] },
];

// Whether an operation is that of an entry.
export const isOf = (operation) => (entry) => {
  const [query, variables] = Array.isArray(entry) ? entry : [entry, operation.variables];
  return operation.query === query && JSON.stringify(operation.variables) === JSON.stringify(variables);
};
