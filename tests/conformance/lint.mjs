// Lints schema.graphql by graphql-schema-linter, with the rules of .graphql-schema-linterrc.yaml.
// usage: node lint.mjs      exit 0: no rule is broken
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const manifest = createRequire(import.meta.url).resolve('graphql-schema-linter/package.json');
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
const rules = readFileSync('.graphql-schema-linterrc.yaml', 'utf8').match(/^ +- /gm).length;

function lint(schema) {
  const cli = join(dirname(manifest), 'lib/cli.js');
  const ended = spawnSync(process.execPath, [cli, '--stdin', '--format', 'json'], { input: schema, encoding: 'utf8' });
  // What is wrong with the rules themselves goes to standard error.
  if (ended.stderr) throw new Error(ended.stderr);
  return JSON.parse(ended.stdout).errors;
}

const schema = readFileSync('schema.graphql', 'utf8');
const errors = lint(schema);
for (const { rule, message, location } of errors) console.log(`schema.graphql:${location.line} ${rule} ${message}`);
console.log(`graphql-schema-linter ${version}: ${errors.length} errors by ${rules} rules in schema.graphql`);

// That the linter has teeth: what it must find in a schema with mistakes.
const spoiled = schema.replace('first: Int', 'first: Int!').replace('"Where a page lies in its list."\n', '');
const found = lint(spoiled).map(({ rule }) => rule).sort().join();
if (found !== 'relay-connection-arguments-spec,types-have-descriptions') throw new Error(`in a spoiled schema it finds: ${found}`);
process.exit(errors.length === 0 ? 0 : 1);
