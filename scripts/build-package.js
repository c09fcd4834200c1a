// Builds the package `muster` into dist/package, from where `npm pack` and `npm publish` take it:
//   node scripts/build-package.js && npm pack ./dist/package
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';
import { copyDocsFiles } from './build.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist', 'package');
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const manifest = readJson('package.json');

const main = async () => {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const used = await buildCode();
  buildTypes();
  copyDocsFiles(join(target, 'dist'));
  cpSync(join(root, 'packages/muster/template'), join(target, 'template'), { recursive: true });
  cpSync(join(root, 'packages/muster/npm-readme.md'), join(target, 'README.md'));
  for (const name of ['LICENSE', 'CHANGELOG.md']) cpSync(join(root, name), join(target, name));
  cpSync(join(root, 'scripts/audit.js'), join(target, 'audit.js'));
  pinTemplate();
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifestOf(used), undefined, 2)}\n`);
};

/** Bundles our own rooms; everything else stays a dependency. Returns the names of those. */
const buildCode = async () => {
  const used = new Set();
  await build({
    entryPoints: {
      index: join(root, 'packages/muster/index.ts'),
      testing: join(root, 'packages/muster/testing.ts'),
      command: join(root, 'packages/muster/command.ts'),
    },
    absWorkingDir: root,
    outdir: join(target, 'dist'),
    bundle: true,
    splitting: true, // one copy of each room, whoever uses it
    chunkNames: 'shared-[hash]',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    define: { MUSTER_CHAOS: 'false', MUSTER_VERSION: JSON.stringify(manifest.version) },
    minifySyntax: true, // takes out what `define` made unreachable
    logLevel: 'error',
    plugins: [dependenciesExternal(used)],
  });
  await buildClient();
  await stop();
  const command = join(target, 'dist/command.js');
  writeFileSync(command, `#!/usr/bin/env node\n${readFileSync(command, 'utf8')}`, { mode: 0o755 });
  return used;
};

/** A file of its own, for browsers, too: it shares nothing with the programs, and an import of Node fails. */
const buildClient = () =>
  build({
    entryPoints: { client: join(root, 'packages/muster/client.ts') },
    absWorkingDir: root,
    outdir: join(target, 'dist'),
    bundle: true,
    platform: 'neutral',
    target: 'es2022',
    format: 'esm',
    logLevel: 'error',
  });

const dependenciesExternal = (used) => ({
  name: 'dependencies-external',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === 'entry-point' || path.startsWith('@muster/')) return undefined;
      if (!path.startsWith('node:') && !optionalPeers.includes(packageOf(path))) used.add(packageOf(path));
      return { path, external: true };
    });
  },
});

// a project installs these if it wants what they are for
const optionalPeers = ['@opentelemetry/api'];

const packageOf = (path) => path.split('/', path.startsWith('@') ? 2 : 1).join('/');

/** The declarations that the entries reach, with relative paths in place of the names of our rooms. */
const buildTypes = () => {
  const emitted = join(root, 'dist', 'package-types');
  rmSync(emitted, { recursive: true, force: true });
  const project = join(root, 'dist', 'package-types.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: root,
    outDir: emitted,
  };
  const include = ['../packages/**/*.ts'];
  const exclude = ['../packages/**/*.test.ts', '../packages/muster/template', '../**/node_modules'];
  writeFileSync(project, JSON.stringify({ extends: '../tsconfig.json', compilerOptions, include, exclude }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '--project', project], { encoding: 'utf8' });
  rmSync(project);
  if (status !== 0) throw new Error(`The types cannot be built:\n${stdout}`);
  const packages = join(emitted, 'packages');
  const copied = new Set();
  for (const entry of ['index', 'client', 'testing'])
    copyTypes(packages, join(packages, 'muster', `${entry}.d.ts`), copied);
  rmSync(emitted, { recursive: true, force: true });
};

const copyTypes = (packages, path, copied) => {
  if (copied.has(path)) return;
  copied.add(path);
  const text = readFileSync(path, 'utf8').replace(/(from |import\()(['"])([^'"]+)\2/g, (whole, before, quote, name) => {
    const declared = resolveTypes(packages, dirname(path), name);
    if (declared === undefined) return whole;
    copyTypes(packages, declared, copied);
    const way = relative(dirname(path), declared).replace(/\.d\.ts$/, '.js');
    return `${before}${quote}${way.startsWith('.') ? way : `./${way}`}${quote}`;
  });
  const out = join(target, 'types', relative(packages, path));
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, text);
};

const resolveTypes = (packages, from, name) => {
  const room = /^@muster\/([a-z]+)(?:\/([a-z-]+))?$/.exec(name);
  if (room) return join(packages, room[1], `${room[2] ?? 'index'}.d.ts`);
  return name.startsWith('.') ? join(from, name.replace(/\.ts$/, '.d.ts')) : undefined;
};

/** A project that `muster new` writes gets the versions that this repository is tested with. */
const pinTemplate = () => {
  const path = join(target, 'template/package.json');
  const project = JSON.parse(readFileSync(path, 'utf8'));
  for (const name of Object.keys(project.devDependencies)) project.devDependencies[name] = versionOf(name);
  writeFileSync(path, `${JSON.stringify(project, undefined, 2)}\n`);
};

const manifestOf = (used) => ({
  name: 'muster',
  version: manifest.version,
  description: manifest.description,
  keywords: ['event-sourcing', 'mongodb', 'backend', 'audit', 'cqrs', 'rest'],
  license: manifest.license,
  type: 'module',
  engines: manifest.engines,
  bin: { muster: './dist/command.js' },
  exports: {
    '.': { types: './types/muster/index.d.ts', default: './dist/index.js' },
    './client': { types: './types/muster/client.d.ts', default: './dist/client.js' },
    './testing': { types: './types/muster/testing.d.ts', default: './dist/testing.js' },
    './package.json': './package.json',
  },
  sideEffects: false,
  dependencies: Object.fromEntries([...used].sort().map((name) => [name, versionOf(name)])),
  peerDependencies: Object.fromEntries(optionalPeers.map((name) => [name, `^${versionOf(name)}`])),
  peerDependenciesMeta: Object.fromEntries(optionalPeers.map((name) => [name, { optional: true }])),
});

/** The version that the rooms name: exact, and the same in all of them. */
const versionOf = (name) => {
  const manifests = [
    'package.json',
    ...readdirSync(join(root, 'packages')).map((room) => `packages/${room}/package.json`),
  ];
  const found = manifests
    .filter((path) => existsSync(join(root, path)))
    .map(readJson)
    .flatMap(({ dependencies, devDependencies }) => ({ ...devDependencies, ...dependencies })[name] ?? []);
  if (found.length === 0) throw new Error(`No package.json of this repository names ${name}, which the package needs`);
  return found[0];
};

await main();
