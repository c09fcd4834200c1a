import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkNode, ensureInstalled, root } from './install.js';

checkNode();
const [command = 'start', ...words] = process.argv.slice(2);
ensureInstalled();
// imported only now, after the packages are installed
const { buildPrograms } = await import('./build.js');
const neededBy = {
  bench: /^(bench|gateway|aggregator)/,
  'bench:assets': /^(bench-assets|bench-plain-assets|gateway|aggregator)$/,
  'bench:sites': /^(bench-sites|follower|gateway|aggregator)$/,
  charts: /^bench-charts/,
  chaos: /^chaos/,
  'chaos:sites': /^(chaos-sites|follower|gateway|aggregator)$/,
};
const needed = neededBy[command] ?? /^(muster|entities)$/;
await buildPrograms((name) => needed.test(name));
process.setSourceMapsEnabled(true);
if (process.env.npm_lifecycle_event) stopWithNpm(process.ppid);

// these commands have their own program; all others belong to the command `muster`
const ownPrograms = {
  bench: 'bench.js',
  'bench:assets': 'bench-assets.js',
  'bench:sites': 'bench-sites.js',
  charts: 'bench-charts.js',
  chaos: 'chaos.js',
  'chaos:sites': 'chaos-sites.js',
};
const ownProgram = ownPrograms[command];
const program = join(root, 'dist', ownProgram ?? 'muster.js');
// a project names its entities: here, the shipped ones. The other programs choose their own.
if (ownProgram === undefined && command !== 'sites') process.env.ENTITIES ||= join(root, 'dist', 'entities.js');
if (!existsSync(program)) {
  console.error(`Cannot run ${command}: ${program} was not built, because its source is missing`);
  process.exit(2);
}
// `npm run sites` starts some to try; with words it is the command of that name
if (command === 'sites' && words.length === 0) words.push('start');
// run it in this process, so that Ctrl-C and a SIGTERM to npm reach the program itself
process.argv = [process.argv[0], program, ...(ownProgram ? [] : [command]), ...words];
await import(pathToFileURL(program).href);

// npm forwards a SIGTERM to the shell between npm and this process, but some shells do not forward it. When the shell
// is gone, npm has stopped, so this process stops, too.
function stopWithNpm(parent) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 200);
  watch.unref();
}
