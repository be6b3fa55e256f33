// Copies the browser builds out of node_modules, compressed, and gathers their licences.
// usage: node vendor.mjs NODE_MODULES TARGET      (called by scripts/vendor-graphiql)
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const [modules, target] = process.argv.slice(2);
const vendor = join(target, 'vendor');

// Package, its file, and the name it is served under: NAME-VERSION.EXTENSION.
const files = [
  ['react', 'umd/react.production.min.js', 'react', 'js'],
  ['react-dom', 'umd/react-dom.production.min.js', 'react-dom', 'js'],
  ['graphiql', 'graphiql.min.js', 'graphiql', 'js'],
  ['graphiql', 'graphiql.min.css', 'graphiql', 'css'],
  ['@graphiql/plugin-explorer', 'dist/index.umd.js', 'plugin-explorer', 'js'],
  ['@graphiql/plugin-explorer', 'dist/style.css', 'plugin-explorer', 'css'],
];

const manifest = (directory) => JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));

// Where a package lies: at the top, or inside one of the packages that need it.
function locate(name, root = modules) {
  if (existsSync(join(root, name, 'package.json'))) return join(root, name);
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const scoped = entry.name.startsWith('@') ? readdirSync(join(root, entry.name)).map((n) => join(entry.name, n)) : [entry.name];
    for (const parent of scoped) {
      const inner = join(root, parent, 'node_modules');
      const found = existsSync(inner) && locate(name, inner);
      if (found) return found;
    }
  }
  return undefined;
}

// Every package inside graphiql's browser build, read from its source map.
function bundled() {
  const { sources } = JSON.parse(readFileSync(join(modules, 'graphiql/graphiql.min.js.map'), 'utf8'));
  const names = new Set(['react', 'react-dom', 'graphiql', '@graphiql/plugin-explorer', 'graphiql-explorer']);
  for (const source of sources) {
    const inside = source.split('node_modules/').at(-1).split('/');
    const sibling = source.match(/^\.\.\/\.\.\/([a-z-]+)\//);
    if (source.includes('node_modules/')) names.add(inside[0].startsWith('@') ? inside.slice(0, 2).join('/') : inside[0]);
    else if (sibling) names.add(sibling[1].replace(/^graphiql-/, '@graphiql/'));
  }
  return [...names].sort();
}

function write(name, bytes) {
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
  writeFileSync(join(vendor, `${name}.br`), brotliCompressSync(bytes, brotli));
  writeFileSync(join(vendor, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}

rmSync(vendor, { recursive: true, force: true });
mkdirSync(vendor, { recursive: true });
for (const [name, file, short, extension] of files) {
  const directory = join(modules, name);
  const text = readFileSync(join(directory, file), 'utf8').replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');
  write(`${short}-${manifest(directory).version}.${extension}`, Buffer.from(text));
}

const notices = [];
const licences = new Map();
for (const name of bundled()) {
  const directory = locate(name);
  if (!directory) throw new Error(`${name} is in the build but not installed: add it to package.json`);
  const { version, license } = manifest(directory);
  notices.push(`${name} ${version} (${license})`);
  for (const file of readdirSync(directory).filter((f) => /^(licen[cs]e|copyrightnotice|notice)/i.test(f))) {
    const text = readFileSync(join(directory, file), 'utf8').replaceAll('\r\n', '\n').trim();
    licences.set(text, [...(licences.get(text) ?? []), name]);
  }
}
writeFileSync(join(target, 'NOTICE'), `Farol serves GraphiQL, which is made of these packages. Their licences are in LICENSES.txt.
Made by scripts/vendor-graphiql; packages without a file of their own are under the licence named here.
What is bundled inside graphiql may be an earlier version of a package than the one named.

${notices.join('\n')}

Fonts within graphiql's style sheet: Roboto (Apache-2.0), Fira Code (OFL-1.1).
`);
const rule = '='.repeat(80);
const texts = [...licences].map(([text, names]) => `${rule}\n${names.join(', ')}\n${rule}\n\n${text}\n`);
writeFileSync(join(target, 'LICENSES.txt'), texts.join('\n'));
