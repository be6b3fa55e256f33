// Compiles files as strictly as TypeScript can, without writing anything; throws what it complains of.
const ts = require('typescript');

exports.check = (files) => {
  const options = { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, types: [] };
  const bundler = { moduleResolution: ts.ModuleResolutionKind.Bundler };
  const problems = ts.getPreEmitDiagnostics(ts.createProgram(files, { ...options, ...bundler }));
  const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => process.cwd(), getNewLine: () => '\n' };
  if (problems.length > 0) throw new Error(ts.formatDiagnostics(problems, host));
};
