// Operations for one rule each. Where Farol is known to differ stands in deviations.mjs.

const variables = (query, ...values) => values.map((value) => ({ query, variables: value }));

// `some` gives ids and cursors of the data: some.process, some.award, some.cursor, …
export const cases = (some) => [
  // --- selections: order of keys, merging, aliases, fragments ---
  { query: '{ processes(first: 2) { nodes { ocid id } totalCount pageInfo { endCursor hasNextPage } } serverInfo { version } }' },
  { query: '{ b: serverInfo { version } a: serverInfo { z: version a: version } __typename }' },
  { query: '{ processes(first: 1) { nodes { ocid } } processes(first: 1) { totalCount nodes { id ocid } } }' },
  { query: '{ processes(first: 1) { nodes { tender { title } } } ...A ...B } fragment A on Query { processes(first: 1) { nodes { id tender { status } } } } fragment B on Query { processes(first: 1) { nodes { tender { title value { currency } } ocid } } }' },
  { query: `{ node(id: "${some.award}") { __typename id ... on Award { title ...S } ... on Node { again: id } ... on Organization { name } } } fragment S on Award { suppliers { name ... { id } } }` },
  { query: `{ nodes(ids: ["${some.award}", "${some.organization}", "${some.dataset}"]) { ...N } } fragment N on Node { __typename ...O ... on Dataset { name } id } fragment O on Organization { name dataset { ...N2 } } fragment N2 on Node { kind: __typename }` },
  { query: `{ node(id: "${some.process}") { ... on Node { ... on ContractingProcess { ... on Node { id } ocid } } } }` },
  { query: `{ node(id: "${some.process}") { ... on Award { title } } }` },
  { query: '{ datasets { edges { cursor node { name } } nodes { name } e: edges { node { id } } } }' },
  { query: '{ processes(first: 1) { __typename nodes { __typename tender { __typename value { __typename } } } pageInfo { __typename } } }' },
  { query: 'query($x: Int = 1) { a: processes(first: $x) { nodes { ocid } } b: processes(first: 2) { nodes { ocid } } }' },

  // --- @skip and @include ---
  ...variables('query($yes: Boolean!, $no: Boolean = false) { a: __typename @include(if: $yes) b: __typename @skip(if: $yes) c: __typename @include(if: $no) d: __typename @skip(if: $no) serverInfo @include(if: $yes) { version @skip(if: $no) } }', { yes: true }, { yes: false }, { yes: true, no: true }, { yes: false, no: true }),
  { query: '{ a: __typename @include(if: true) @skip(if: true) b: __typename @skip(if: false) @include(if: true) c: __typename @skip(if: true) }' },
  { query: '{ serverInfo { version @skip(if: true) } }' },
  { query: 'query($yes: Boolean = true) { ...A @include(if: $yes) ...B @skip(if: $yes) ... @include(if: $yes) { x: __typename } ... on Query @skip(if: $yes) { y: __typename } } fragment A on Query { a: __typename } fragment B on Query { b: __typename }' },
  { query: '{ serverInfo @skip(if: true) { version } serverInfo { version } }' },
  { query: '{ ...A @include(if: false) ...A } fragment A on Query { __typename }' },
  { query: 'query($b: Boolean) { __typename @skip(if: $b) }', variables: { b: true } },
  { query: 'query($b: Boolean = false) { __typename @skip(if: $b) }', variables: { b: null } },
  ...variables('query($n: Int, $with: Boolean!) { processes(first: 1) { nodes { ocid awards(first: $n) @include(if: $with) { nodes { ...A } } } } } fragment A on Award { title }', { n: 1, with: true }, { n: 1, with: false }),
  { query: '{ __typename @skip }' },
  { query: '{ __typename @skip(if: null) }' },
  { query: '{ __typename @skip(if: "true") }' },
  { query: '{ __typename @skip(unless: true) }' },
  { query: '{ __typename @include(if: true) @include(if: true) }' },
  { query: '{ __typename @nothing }' },
  { query: 'query @skip(if: true) { __typename }' },
  { query: '{ __typename @specifiedBy(url: "x") }' },
  { query: '{ __typename @deprecated }' },

  // --- variables: coercion of values ---
  ...variables('query($n: Int) { processes(first: $n) { nodes { ocid } } }', {}, { n: 2 }, { n: null }, { n: '2' }, { n: 2.5 }, '{"n":2.0}', { n: true }, { n: [2] }, { n: 2147483648 }, { n: -2147483649 }, { n: 2147483647 }, '{"n":1e30}', '{"n":2e0}', { n: {} }, { n: 2, unknown: 1 }),
  ...variables('query($n: Int!) { processes(first: $n) { nodes { ocid } } }', {}, { n: 1 }, { n: null }),
  ...variables('query($n: Int! = 2) { processes(first: $n) { nodes { ocid } } }', {}, { n: 1 }, { n: null }),
  ...variables('query($n: Int = 2) { processes(first: $n) { nodes { ocid } } }', {}, { n: 1 }, { n: null }),
  ...variables('query($o: ProcessOrder) { processes(orderBy: $o, first: 3) { nodes { ocid } } }', {}, { o: 'OCID_DESC' }, { o: null }, { o: 'NOTHING' }, { o: 'ocid_desc' }, { o: 1 }, { o: true }, { o: ['OCID_DESC'] }),
  ...variables('query($o: ProcessOrder!) { processes(orderBy: $o, first: 3) { nodes { ocid } } }', { o: 'OCID_ASC' }, {}),
  ...variables('query($o: ProcessOrder = OCID_ASC) { processes(orderBy: $o, first: 3) { nodes { ocid } } }', {}, { o: null }, { o: 'DATE_ASC' }),
  ...variables('query($id: ID!) { node(id: $id) { id } }', { id: some.award }, { id: 7 }, { id: 'nope' }, { id: 7.5 }, { id: true }, { id: null }, { id: [some.award] }, { id: { a: 1 } }, '{"id":9007199254740993}'),
  ...variables('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: [some.award] }, { ids: some.award }, { ids: [] }, { ids: [some.award, null] }, { ids: null }, { ids: [[some.award]] }, { ids: [7] }, { ids: [some.award, true] }),
  ...variables('query($ids: [ID!] = ["x"]) { nodes(ids: $ids) { id } }', {}, { ids: some.award }, { ids: null }),
  ...variables('query($o: String!, $d: String) { process(ocid: $o, dataset: $d) { ocid dataset { name } } }', { o: 'ocds-x-002' }, { o: 'ocds-x-002', d: 'north' }, { o: 'ocds-x-002', d: null }, { o: 'ocds-x-002', d: 'nowhere' }, { o: 2 }, { o: true }, { o: ['ocds-x-002'] }),
  ...variables('query($f: ProcessFilter) { processes(filter: $f, first: 3) { totalCount nodes { ocid } } }', {}, { f: null }, { f: {} }, { f: { dataset: 'north' } }, { f: { dataset: ['north'] } }, { f: { dataset: null } }, { f: { dataset: [null] } }, { f: { dataset: [1] } }, { f: { status: ['ACTIVE', 'COMPLETE'] } }, { f: { status: [] } }, { f: { status: ['ALIVE'] } }, { f: { status: 'NOPE' } }, { f: { unknown: 1 } }, { f: 1 }, { f: [] }, { f: [{ dataset: 'north' }] }, { f: 'x' }, { f: { date: { from: 'yesterday' } } }, { f: { date: { from: 1 } } }, { f: { date: { from: '2024-01-15T00:00:00Z', before: '2024-02-20T00:00:00Z' } } }, { f: { category: 'GOODS', method: 'LIMITED' } }),
  ...variables('query($d: [String!]) { processes(filter: { dataset: $d }, first: 3) { totalCount } }', {}, { d: null }, { d: 'north' }, { d: ['north'] }),
  ...variables('query($d: String!) { processes(filter: { dataset: [$d] }, first: 3) { totalCount } }', { d: 'north' }, {}),
  ...variables('query($d: String) { processes(filter: { dataset: [$d] }, first: 3) { totalCount } }', { d: 'north' }),
  ...variables('query($t: DateTime!) { processes(filter: { date: { from: $t, before: "2024-02-20T00:00:00Z" } }) { totalCount } }', { t: '2024-01-15T00:00:00Z' }, { t: '2024-01-15' }, { t: 5 }),
  ...variables('query($s: [TenderStatus!] = [ACTIVE, COMPLETE]) { processes(filter: { status: $s }) { totalCount } }', {}, { s: [] }, { s: ['ACTIVE', 'COMPLETE'] }, { s: null }),

  // --- literals: coercion of values ---
  ...['2', 'null', '"2"', '2.0', '2e0', 'true', '[2]', 'TWO', '2147483648', '-2147483649', '99999999999999999999', '{a: 1}', '-0', '02', '0x2', '1_0', '$n'].map((n) => ({ query: `{ processes(first: ${n}) { nodes { ocid } } }` })),
  ...['OCID_ASC', '"OCID_ASC"', 'NOTHING', 'null', '1', 'true', '[OCID_ASC]'].map((order) => ({ query: `{ processes(orderBy: ${order}, first: 3) { nodes { ocid } } }` })),
  ...[`"${some.award}"`, '7', '7.5', 'true', 'null', `["${some.award}"]`, 'X', `"""${some.award}"""`].map((id) => ({ query: `{ node(id: ${id}) { id } }` })),
  ...[`"${some.award}"`, `["${some.award}" 7]`, '[]', 'null', `["${some.award}", null]`, `[["${some.award}"]]`, '[true]'].map((ids) => ({ query: `{ nodes(ids: ${ids}) { id } }` })),
  ...['{}', 'null', '{ dataset: "north" }', '{ dataset: ["north"] }', '{ dataset: null }', '{ dataset: [null] }', '{ dataset: 1 }', '{ dataset: north }', '{ status: [ACTIVE COMPLETE] }', '{ status: "ACTIVE" }', '{ status: NOPE }', '{ unknown: 1 }', '{ dataset: "north", dataset: "south" }', '[]', '[{}]', '"x"', '{ date: { from: "yesterday" } }', '{ date: { from: "2024-01-15T00:00:00Z", before: "2024-02-20T00:00:00Z" } }', '{ category: GOODS, method: [LIMITED] }'].map((filter) => ({ query: `{ processes(filter: ${filter}, first: 3) { totalCount nodes { ocid } } }` })),
  ...['"ocds-x-002"', '2', 'true', 'ocds', 'null', '["ocds-x-002"]', '"ocds\\u002dx-002"', '"""ocds-x-002"""', '"ocds-x\\q002"', '"ocds-x-002'].map((ocid) => ({ query: `{ process(ocid: ${ocid}) { ocid } }` })),
  { query: '{ process(ocid: "ocds\\u{2D}x-002") { ocid } }' },

  // --- variables: definitions ---
  ...['$n: Int', '$n: Int!', '$n: Int = 1', '$n: Int! = 1', '$n: Int = "1"', '$n: Int = null', '$n: Int! = null', '$n: String', '$n: Float', '$n: [Int]', '$n: Nothing', '$n: ContractingProcess', '$n: Node', '$n: ID', '$n: Int, $n: Int', '$m: Int', '$n: Int, $m: Int', '$n: Int @skip(if: true)', '', '$n: Int = $m, $m: Int', '$n: Int = TWO'].map((definitions) => ({ query: `query Q${definitions && `(${definitions})`} { processes(first: $n) { totalCount } }`, variables: { n: 1 } })),
  { query: 'query($id: ID) { node(id: $id) { id } }', variables: { id: some.award } },
  { query: 'query($id: ID = "x") { node(id: $id) { id } }', variables: { id: some.award } },
  { query: 'query($id: ID = "x") { node(id: $id) { id } }', variables: { id: null } },
  { query: 'query($id: ID = null) { node(id: $id) { id } }', variables: {} },
  { query: 'query($id: String!) { node(id: $id) { id } }', variables: { id: some.award } },
  { query: 'query($ids: [ID]!) { nodes(ids: $ids) { id } }', variables: { ids: [] } },
  { query: 'query($id: ID!) { nodes(ids: [$id]) { id } }', variables: { id: some.award } },
  { query: 'query($id: ID!) { nodes(ids: $id) { id } }', variables: { id: some.award } },
  { query: 'query($f: OrganizationFilter) { processes(filter: $f) { totalCount } }', variables: {} },
  { query: 'query A($n: Int) { ...F } query B { ...F } fragment F on Query { processes(first: $n) { totalCount } }', operationName: 'A' },
  { query: 'query A($n: Int!) { ...F } fragment F on Query { ...G } fragment G on Query { processes(first: $n) { nodes { ocid } } }', variables: { n: 1 } },

  // --- errors in fields, and what becomes null ---
  { query: '{ before: __typename processes(first: 101) { totalCount } after: __typename }' },
  { query: '{ process(ocid: "ocds-x-002") { ocid a: awards(first: -1) { totalCount } b: awards(first: 1, last: 1) { totalCount } tender { title items(last: 101) { totalCount } } c: bids(after: "nope") { totalCount } awards(first: 2) { nodes { title } } } }' },
  { query: '{ process(ocid: "ocds-x-001") { ocid } other: process(ocid: "ocds-x-001", dataset: "south") { ocid } }' },
  { query: `{ nodes(ids: ["${some.award}", "nope", "${some.missing}", "7", "${some.organization}"]) { id } }` },
  { query: `{ nodes(ids: ["nope"]) { id } x: nodes(ids: ["a", "b"]) { id } }` },
  { query: `{ nodes(ids: [${'"x" '.repeat(101)}]) { id } }` },
  { query: `{ node(id: "${some.missing}") { id } organization(id: "${some.award}") { id } }` },
  { query: '{ processes(first: 3) { nodes { ocid awards(first: 101) { totalCount } } } }' },
  { query: '{ processes(first: 2) { nodes { a: awards(first: 101) { totalCount } } edges { node { a: awards(first: 101) { totalCount } } } } }' },
  { query: `{ processes(after: "${some.otherCursor}") { totalCount } }` },
  { query: '{ ...F ...F node(id: "nope") { id } } fragment F on Query { node(id: "nope") { __typename } processes(first: 2) { nodes { awards(first: 101) { totalCount } } nodes { awards(first: 101) { totalCount } ocid } } }' },

  // --- pages ---
  ...['first: 0', 'last: 0', 'first: 0, last: 0', 'first: 1', 'last: 1', 'first: 100', 'last: 100', '', `after: "${some.cursor}"`, `first: 1, after: "${some.cursor}"`, `last: 1, before: "${some.cursor}"`, `before: "${some.cursor}"`, `last: 1, after: "${some.cursor}"`, `after: "${some.cursor}", before: "${some.cursor}"`, `first: 1, before: "${some.cursor}"`, 'first: null, last: 2', 'after: null, first: 1'].map((args) => ({ query: `{ processes${args && `(${args})`} { totalCount edges { cursor node { ocid } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }` })),

  // --- operations ---
  { query: 'query A { a: __typename } query B { b: __typename }', operationName: 'A' },
  { query: 'query A { a: __typename } query B { b: __typename }', operationName: 'B' },
  { query: 'query A { a: __typename } query B { b: __typename }' },
  { query: 'query A { a: __typename } query B { b: __typename }', operationName: 'C' },
  { query: 'query A { a: __typename } query A { b: __typename }', operationName: 'A' },
  { query: '{ a: __typename } { b: __typename }' },
  { query: '{ a: __typename } query B { b: __typename }', operationName: 'B' },
  { query: 'query A { a: __typename }', operationName: '' },
  { query: 'query A { a: __typename }', operationName: 'B' },
  { query: '{ a: __typename }', operationName: 'A' },
  { query: 'query A { a: __typename } query B { nothing }', operationName: 'A' },
  { query: 'mutation { a: __typename }' },
  { query: 'subscription { a: __typename }' },
  { query: 'fragment A on Query { __typename }' },

  // --- validation ---
  ...[
    '{ nothing }', '{ processes }', '{ processes { totalCount { x } } }', '{ serverInfo { version { x } } }', '{ serverInfo }', '{ node { id } }', '{ node(id: "x", id: "y") { id } }', '{ node(id: "x", more: 1) { id } }',
    '{ node(id: "x") { ocid } }', '{ node(id: "x") { ... on Money { amount } } }', '{ node(id: "x") { ... on Nothing { id } } }', '{ node(id: "x") { ... on DateTime { id } } }', '{ node(id: "x") { ... on ProcessFilter { id } } }', '{ serverInfo { ... on Query { __typename } } }', '{ serverInfo { ...F } } fragment F on Query { __typename }',
    '{ ...F }', '{ __typename } fragment F on Query { __typename }', '{ ...F } fragment F on Query { ...F }', '{ ...F } fragment F on Query { ...G } fragment G on Query { __typename ...F }', '{ ...F } fragment F on Query { a: __typename } fragment F on Query { b: __typename }', '{ ...F } fragment F on Nothing { x }', '{ ...F } fragment F on String { x }',
    '{ a: serverInfo { version } a: datasets { totalCount } }', '{ a: processes(first: 1) { totalCount } a: processes(first: 2) { totalCount } }', '{ processes { nodes { x: id x: ocid } } }', '{ processes { nodes { ocid } ...F } } fragment F on ContractingProcessConnection { nodes { ocid: id } }',
    `{ node(id: "x") { ... on Award { x: title } ... on Organization { x: name } } }`, `{ node(id: "x") { ... on Award { x: title } ... on Release { x: tags } } }`, '{ node(id: "x") { ... on Award { x: status } ... on Bid { x: status } } }', '{ node(id: "x") { ... on Award { x: id } ... on Bid { x: localId } } }', '{ node(id: "x") { ... on Award { x: value { amount } } ... on Bid { x: value { amount: currency } } } }', '{ node(id: "x") { ... on Award { documents(first: 1) { totalCount } } ... on Bid { documents(first: 2) { totalCount } } } }',
    '{ processes(first: 1) { nodes { bids { nodes { documents { totalCount } ...F } } } } } fragment F on Node { ... on Award { ... { documents(first: 2) { totalCount } } } }',
    '{ __schema { queryType { name } } __type(name: "Money") { name kind fields { name type { name kind ofType { name } } } } }', '{ __type(name: "Nothing") { name } }', '{ __type { name } }', '{ serverInfo { __schema { queryType { name } } } }', '{ serverInfo { __type(name: "x") { name } } }', '{ __typename(x: 1) }', '{ __typename { x } }', '{ __nothing }',
    '{ __type(name: "ProcessOrder") { name description kind enumValues { name description isDeprecated } possibleTypes { name } fields { name } inputFields { name } interfaces { name } ofType { name } specifiedByURL } }',
    '{ __type(name: "ProcessFilter") { kind inputFields(includeDeprecated: true) { name type { kind ofType { kind name } } defaultValue } } }', '{ __type(name: "Node") { kind fields { name args { name } } } }', '{ __type(name: "DateTime") { kind specifiedByURL enumValues { name } } }', '{ __schema { mutationType { name } subscriptionType { name } } }',
    'query($x: Boolean!) { serverInfo { version } }', 'type X { a: Int } { __typename }', 'type X { a: Int }', 'extend type Query { a: Int } { __typename }',
  ].map((query) => ({ query })),

  // --- the text ---
  ...['', ' ', '#', '{', '{}', '{ }', '{ serverInfo { } }', '{ a: }', '{ processes() { totalCount } }', 'query() { __typename }', 'query Q() { __typename }', 'query { __typename', '{ __typename } }', '{ ... }', '{ ... on }', '{ ...on }', 'fragment on on Query { __typename } { ...on }', '{ on: __typename }', '{ query: __typename mutation: __typename fragment: __typename true: __typename null: __typename }', '{ a : __typename , , b:__typename }', '\uFEFF{ __typename }', '{ __typename\u00a0}', '{ __typename }\u0000', '{\t__typename\r\n# a comment } {\r}', '{ é: __typename }', '{ 1a: __typename }', '{ a-b: __typename }', 'query "Q" { __typename }', '"description" query Q { __typename }', '{ processes(first: 1.) { totalCount } }', '{ processes(first: .1) { totalCount } }', '{ processes(first: +1) { totalCount } }', '{ processes(first: 1a) { totalCount } }', '{ processes(first: 1, ) { totalCount } }', '{ processes(,first: 1) { totalCount } }', '{ processes(first 1) { totalCount } }', '{ process(ocid: "a\nb") { ocid } }', '{ process(ocid: "\\uD83D\\uDE00") { ocid } }', '{ process(ocid: "\\uD83D") { ocid } }', '{ process(ocid: """a\n  b\\"""c""") { ocid } }', '{ process(ocid: "\ud83d\ude00\u0007") { ocid } }', "{ process(ocid: 'x') { ocid } }", '{ nodes(ids: ["x" "y",,"z"]) { id } }', '{ nodes(ids: ["x" { id } }', '{ __typename @ skip(if: false) }', '{ __typename @skip (if: false) }', '{ a:b:__typename }', 'query Q($a:Boolean=true){x:__typename@include(if:$a)}', '{ ...F } fragment F($x: Int) on Query { __typename }', '{ __typename ; }', '{ __typename & }', 'query null { __typename }', 'query true { __typename }', 'query query { __typename }'].map((query) => ({ query })),
];
