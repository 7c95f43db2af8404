// Checks manifests for Kubernetes against the API's own description, as kubernetes-models has it: types and formats by
// validate(), fields that do not exist by its declarations, for validate() says nothing of those and a cluster drops them in silence
// or refuses them, as it is told.
//
//   node check_manifests.mjs MODULES FILE...     one line for each mistake; exit 1 when there are any
//
// MODULES is the folder where npm put what package.json names.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const [modules, ...files] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, 'package.json'));
const yaml = require('js-yaml');
const ts = require('typescript');

// "apps/v1", "v1"
const moduleOf = (manifest) => `kubernetes-models/${manifest.apiVersion}`;

function* manifestsOf(file) {
  let number = 0;
  for (const manifest of yaml.loadAll(readFileSync(file, 'utf8'))) {
    number += 1;
    if (manifest) yield { where: `${file}#${number}`, manifest };
  }
}

function modelOf(manifest) {
  try {
    return require(moduleOf(manifest))[manifest.kind];
  } catch {
    return undefined;
  }
}

function* wrongValues({ where, manifest }) {
  const Model = modelOf(manifest);
  if (!Model) {
    yield `${where}: there is no ${manifest.kind} of ${manifest.apiVersion}`;
    return;
  }
  try {
    new Model(structuredClone(manifest)).validate();
  } catch (wrong) {
    yield `${where}: ${wrong.message}`;
  }
}

// The manifests as literals of their types: the compiler refuses what a literal has too much.
const literalsOf = (manifests) => manifests.map(({ manifest }, i) =>
  `import { I${manifest.kind} as T${i} } from '${moduleOf(manifest)}';\nexport const m${i}: T${i} = ${JSON.stringify(manifest)};`).join('\n');

function* unknownFields(manifests) {
  const file = path.resolve(modules, 'manifests.ts');
  const text = literalsOf(manifests);
  const options = { noEmit: true, strict: true, skipLibCheck: true, types: [], moduleResolution: ts.ModuleResolutionKind.Node10,
    module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2022 };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) => (path.resolve(name) === file ? ts.createSourceFile(name, text, options.target)
    : getSourceFile.call(host, name, ...rest));
  host.fileExists = (name) => path.resolve(name) === file || fileExists.call(host, name);
  host.readFile = (name) => (path.resolve(name) === file ? text : readFile.call(host, name));
  for (const each of ts.getPreEmitDiagnostics(ts.createProgram([file], options, host))) {
    const line = each.file ? each.file.getLineAndCharacterOfPosition(each.start).line : 0;
    const from = manifests[Math.floor(line / 2)];
    yield `${from.where}: ${ts.flattenDiagnosticMessageText(each.messageText, ' ')}`;
  }
}

const all = files.flatMap((file) => [...manifestsOf(file)]);
const known = all.filter(({ manifest }) => modelOf(manifest));
const wrong = [...all.flatMap((each) => [...wrongValues(each)]), ...unknownFields(known)];
for (const each of wrong) console.log(each);
console.log(`${all.length} manifests, ${wrong.length} mistakes`);
process.exit(wrong.length || !all.length ? 1 : 0);
