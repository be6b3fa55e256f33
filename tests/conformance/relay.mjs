// Runs Relay's compiler over the project in relay/, as a build of a frontend does.
// usage: node relay.mjs      exit 0: it compiles, and what it makes can fetch what the project asks
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { version } = require('relay-compiler/package.json');
mkdirSync('relay/generated');
const ended = spawnSync(process.execPath, [require.resolve('relay-compiler/cli.js'), 'relay.config.json'], {
  cwd: 'relay',
  encoding: 'utf8',
});
if (ended.status !== 0) throw new Error(ended.stdout + ended.stderr);

const artifacts = readdirSync('relay/generated');
const made = (name) => readFileSync(`relay/generated/${name}.graphql.ts`, 'utf8');
// The schema is fit for paging and for reading anew only where Relay finds its conventions in it.
if (!made('ProcessListPaginationQuery').includes('ProcessList_processes')) throw new Error('the list has no next page');
if (!/node\(\s*id: \$id/.test(made('ProcessCardRefetchQuery'))) throw new Error('the card is not read anew by node(id:)');
console.log(`relay-compiler ${version}: ${artifacts.length} artifacts`);
