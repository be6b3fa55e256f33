// Runs graphql-codegen over the operations, and TypeScript over what comes out. This is also what
// Apollo has its users run today, in place of its own generator (apollo.cjs).
// usage: node codegen.mjs      exit 0: types are made, they compile, and they are as exact as the schema
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';
import { check } from './typescript.cjs';

const require = createRequire(import.meta.url);
const { version } = require('@graphql-codegen/typescript-operations/package.json');
const documents = readdirSync('operations').map((name) => {
  const text = readFileSync(`operations/${name}`, 'utf8');
  return { location: name, document: parse(text) };
});
const config = { scalars: { DateTime: 'string', Decimal: 'string', JSON: 'unknown' }, skipTypename: true };
const options = { documents, schema: parse(readFileSync('schema.graphql', 'utf8')), config };
const generate = (name, plugin) =>
  codegen({ ...options, filename: `${name}.ts`, plugins: [{ [name]: {} }], pluginMap: { [name]: plugin } });
writeFileSync('schema.ts', await generate('schema', typescript));
writeFileSync('operations.ts', await generate('operations', operations));
writeFileSync('usage.ts', `
import type { ProcessListQuery, ProcessListQueryVariables, RefetchNodeQuery } from './operations';
import type { ContractingProcess, Node, QueryProcessesArgs } from './schema';

export const node: Node = {} as ContractingProcess;
export const all: QueryProcessesArgs = { first: 1 };
export const first: ProcessListQueryVariables = { first: 3 };
// @ts-expect-error: a filter knows its fields
export const wrong: ProcessListQueryVariables = { filter: { nothing: 1 } };
export function show({ processes }: ProcessListQuery): string[] {
  // @ts-expect-error: a list that could not be read is null
  processes.edges;
  return processes?.edges.map(({ node }) => node.tender.value?.amount ?? node.ocid) ?? [];
}
export const id = ({ node }: RefetchNodeQuery): string | undefined => node?.id;
`);
check(['schema.ts', 'operations.ts', 'usage.ts']);
console.log(`graphql-codegen ${version}: types of ${documents.length} operations compile`);
