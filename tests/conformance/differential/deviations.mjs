// Where Farol is known to differ from graphql-js, and why. Each must differ: when it no longer does, the
// test says so and the entry goes. An entry is a query, or a query with one set of variables.

const page = 'query($n: Int) { processes(first: $n) { nodes { ocid } } }';

export const deviations = () => [
  {
    why: 'async-graphql puts null at the top for a null that reaches an argument which may not be null',
    right: 'graphql-js',
    of: [['query($ids: [ID!] = ["x"]) { nodes(ids: $ids) { id } }', { ids: null }], ['query($id: ID = "x") { node(id: $id) { id } }', { id: null }]],
  },
  {
    why: 'async-graphql reads -0 as a number with a fraction',
    right: 'graphql-js',
    of: ['{ processes(first: -0) { nodes { ocid } } }'],
  },
  {
    why: 'graphql-js reads the September 2025 specification here, apollo-compiler that of October 2021',
    right: 'both',
    of: ['"description" query Q { __typename }'],
  },
  { why: 'JavaScript cannot tell 2.0 from 2', right: 'both', of: [[page, '{"n":2.0}'], [page, '{"n":2e0}']] },
];

// Whether an operation is that of an entry.
export const isOf = (operation) => (entry) => {
  const [query, variables] = Array.isArray(entry) ? entry : [entry, operation.variables];
  return operation.query === query && JSON.stringify(operation.variables) === JSON.stringify(variables);
};
