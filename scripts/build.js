import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, stop } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * Builds programs whose source exists into `dist`: all, or those that `isWanted` names. Returns the paths of the built
 * files. Throws when a build fails.
 */
export const buildPrograms = async (isWanted = () => true) => {
  const wanted = programs.filter(({ name, entry }) => isWanted(name) && existsSync(join(root, entry)));
  const built = await Promise.all(wanted.map(buildOne));
  await stop(); // otherwise esbuild's process runs as long as this one
  copyDocsFiles(join(root, 'dist'));
  return built.flat();
};

/** Copies what the page /docs needs of Swagger UI into the folder of a built program. */
export const copyDocsFiles = (folder) => {
  const from = join(root, 'node_modules', 'swagger-ui-dist');
  for (const name of docsFiles) writeWhole(join(folder, 'docs-files', name), readFileSync(join(from, name)));
};

const docsFiles = [
  ...['swagger-ui-bundle.js', 'swagger-ui.css', 'swagger-ui-bundle.js.LICENSE.txt', 'LICENSE', 'NOTICE'],
];

// `isWhole`: the bundle includes all packages, for a container. Other programs load packages from node_modules.
const programs = [
  { name: 'gateway', entry: 'packages/gateway/main.ts', isWhole: true },
  { name: 'aggregator', entry: 'packages/aggregator/main.ts', isWhole: true },
  { name: 'follower', entry: 'packages/follower/main.ts', isWhole: true },
  // the same programs with the tools of fault tests: failpoints and clock jumps
  { name: 'chaos/gateway', entry: 'packages/chaos/programs/gateway.ts', isWhole: true, isChaos: true },
  { name: 'chaos/aggregator', entry: 'packages/chaos/programs/aggregator.ts', isWhole: true, isChaos: true },
  { name: 'muster', entry: 'packages/muster/command.ts', isWhole: false },
  { name: 'entities', entry: 'packages/entities/index.ts', isWhole: false },
  { name: 'bench', entry: 'packages/bench/main.ts', isWhole: false },
  { name: 'chaos', entry: 'packages/chaos/main.ts', isWhole: false },
  { name: 'chaos-sites', entry: 'packages/chaos/sites/main.ts', isWhole: false },
  { name: 'bench-bare-koa', entry: 'packages/bench/bare-koa.ts', isWhole: false },
  { name: 'bench-plain-crud', entry: 'packages/bench/plain-crud.ts', isWhole: false },
  { name: 'bench-plain-restore', entry: 'packages/bench/plain-restore.ts', isWhole: false },
  { name: 'bench-assets', entry: 'packages/bench/assets/main.ts', isWhole: false },
  { name: 'bench-plain-assets', entry: 'packages/bench/assets/plain-assets.ts', isWhole: false },
  { name: 'bench-sites', entry: 'packages/bench/sites/main.ts', isWhole: false },
  { name: 'bench-charts', entry: 'packages/bench/charts/main.ts', isWhole: false },
  { name: 'bench-generator', entry: 'packages/bench/generator.ts', isWhole: false },
  { name: 'bench-subscribers', entry: 'packages/bench/subscribers.ts', isWhole: false },
  { name: 'bench-broadcaster', entry: 'packages/bench/broadcaster.ts', isWhole: false },
];

const buildOne = async ({ name, entry, isWhole, isChaos = false }) => {
  const { outputFiles } = await build({
    entryPoints: { [name]: join(root, entry) },
    absWorkingDir: root,
    outdir: join(root, 'dist'),
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'linked',
    define: { MUSTER_CHAOS: String(isChaos), MUSTER_VERSION: JSON.stringify(version) },
    minifySyntax: true, // removes the code that `define` made unreachable
    logLevel: 'error',
    banner: { js: commonJsBanner },
    ...(isWhole ? { external: optionalPackages, plugins: [tracingOptional] } : { plugins: [packagesExternal] }),
  });
  for (const { path, contents } of outputFiles) writeWhole(path, contents);
  return outputFiles.map(({ path }) => relative(root, path)).filter((path) => path.endsWith('.js'));
};

// CommonJS packages in an ES module need these names, which Node otherwise provides
const commonJsBanner = [
  "import { createRequire as musterCreateRequire } from 'node:module';",
  "import { fileURLToPath as musterFileURLToPath } from 'node:url';",
  'const require = musterCreateRequire(import.meta.url);',
  'const __filename = musterFileURLToPath(import.meta.url);',
  "const __dirname = musterFileURLToPath(new URL('.', import.meta.url));",
].join('\n');

// the MongoDB driver tries to load these, and works without them
const optionalPackages = [
  ...['kerberos', 'snappy', 'socks', 'aws4', 'gcp-metadata', 'mongodb-client-encryption'],
  ...['@mongodb-js/zstd', '@aws-sdk/credential-providers'],
];

// the gateway imports this package if it is there. The library of metrics requires it in any case: that copy is part of
// the bundle.
const tracingOptional = {
  name: 'tracing-optional',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^@opentelemetry\/api$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

// esbuild's own `packages: 'external'` would exclude our workspaces, too, which are TypeScript. It would also exclude
// packages that npm installed inside a workspace, because of a version conflict; `dist` cannot find those.
const packagesExternal = {
  name: 'packages-external',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^[^./]/ }, ({ path, resolveDir, kind }) => {
      if (kind === 'entry-point' || path.startsWith('@muster/') || path.startsWith('node:')) return undefined;
      return isHoisted(path, resolveDir) ? { path, external: true } : undefined;
    });
  },
};

const isHoisted = (path, from) => {
  const name = path.split('/', path.startsWith('@') ? 2 : 1).join('/');
  for (let folder = from; folder !== dirname(folder) && relative(root, folder) !== ''; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules', name))) return false;
  }
  return true;
};

// Rename the finished file: a program that starts at this moment must not read an incomplete one.
const writeWhole = (path, contents) => {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const fresh = join(dirname(path), `.${basename(path)}.${process.pid}`);
  writeFileSync(fresh, contents);
  renameSync(fresh, path);
};

const isMain = process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url;
if (isMain) for (const path of await buildPrograms()) console.log(`built ${path}`);
