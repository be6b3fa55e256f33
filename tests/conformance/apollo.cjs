// Runs Apollo's code generator over the operations, and TypeScript over what comes out.
// usage: node apollo.cjs      exit 0: types are made and they compile
//
// The generator as a library: the program around it, npm's `apollo`, is retired, wants Node 16 or
// earlier, brings 500 packages, and breaks on the second copy of graphql that it installs.
const { mkdirSync, readFileSync, readdirSync, writeFileSync } = require('node:fs');
const { buildSchema, concatAST, isScalarType, isSpecifiedScalarType, parse, Source, validate } = require('graphql');
const { compileToIR } = require('apollo-codegen-core/lib/compiler');
const { generateGlobalSource, generateLocalSource } = require('apollo-codegen-typescript');
const { version } = require('apollo-codegen-typescript/package.json');
const { check } = require('./typescript.cjs');

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
const read = (name) => parse(new Source(readFileSync(`operations/${name}`, 'utf8'), `operations/${name}`));
const names = readdirSync('operations');
const document = concatAST(names.map(read));
const errors = validate(schema, document);
if (errors.length > 0) throw errors[0];

const context = compileToIR(schema, document, { addTypename: true, passthroughCustomScalars: true, customScalarsPrefix: 'Farol' });
mkdirSync('apollo');
const globals = 'apollo/globalTypes.ts';
writeFileSync(globals, generateGlobalSource(context).fileContents);
const files = generateLocalSource(context).map(({ fileName, content }) => {
  const outputPath = `apollo/${fileName}`;
  writeFileSync(outputPath, content({ outputPath, globalSourcePath: globals }).fileContents);
  return outputPath;
});
const scalars = Object.values(schema.getTypeMap()).filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
writeFileSync('apollo/scalars.d.ts', scalars.map(({ name }) => `declare type Farol${name} = unknown;\n`).join(''));
check([globals, 'apollo/scalars.d.ts', ...files]);
console.log(`apollo-codegen-typescript ${version}: types of ${names.length} operations compile`);
