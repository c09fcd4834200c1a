import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkNode, ensureInstalled, root } from './install.js';

checkNode();
const [command = 'start', ...words] = process.argv.slice(2);
ensureInstalled();
// not before the packages are there
const { buildAll } = await import('./build.js');
await buildAll();
process.setSourceMapsEnabled(true);
if (process.env.npm_lifecycle_event) stopWithNpm(process.ppid);

// what has a program of its own; all else is a command of the command line
const own = { start: 'start.js', bench: 'bench.js', chaos: 'chaos.js' }[command];
const program = join(root, 'dist', own ?? 'cli.js');
if (!existsSync(program)) {
  console.error(`Cannot run ${command}: ${program} was not built, as its source is missing`);
  process.exit(2);
}
// in this process, so that Ctrl-C and a SIGTERM to npm reach the program itself
process.argv = [process.argv[0], program, ...(own ? [] : [command]), ...words];
await import(pathToFileURL(program).href);

// npm hands a SIGTERM on to the shell between us, and not every shell to us: when both are gone, so is who wanted this
// to run
function stopWithNpm(parent) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 200);
  watch.unref();
}
