import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { installInto, type Place, toolOptionsOf } from './install-into.ts';
import { runTool } from './run-tool.ts';

const name = 'better-sqlite3';
const version = '12.11.1';
const advice = 'It needs npm, a C++ compiler, make and python3.';

/** Returns where better-sqlite3 is in a cache folder, compiled for this Node.js. It may not be there yet. */
export const sqliteIn = (folder: string): string => join(home(folder), 'node_modules', name);

const home = (folder: string) => join(folder, name, `${version}-node-${process.versions.modules}`);

/**
 * Returns the folder of better-sqlite3, which is compiled once, with the SQLite that it contains. It is no dependency
 * of this project: nobody else should need a compiler. Throws an error with the exit code 2 when it cannot be compiled.
 */
export const findSqlite = async (place: Place): Promise<string> => {
  const folder = home(place.folder);
  if (!existsSync(folder)) {
    place.say(`Compiling ${name} ${version}, only once: this takes some minutes`);
    await installInto(folder, { name, advice }, place, (fresh) => compile(fresh, place));
  }
  return sqliteIn(place.folder);
};

const compile = async (fresh: string, place: Place): Promise<void> => {
  const gyp = place.environment.npm_config_node_gyp;
  if (!gyp) throw new Error('npm did not name its node-gyp, so run this command with npm');
  await writeFile(join(fresh, 'package.json'), '{ "private": true }\n');
  const install = ['install', `${name}@${version}`, '--prefix', fresh, '--ignore-scripts', '--no-audit', '--no-fund'];
  await runTool('npm', install, toolOptionsOf(place, fresh));
  const module = join(fresh, 'node_modules', name);
  await runTool(process.execPath, [gyp, 'rebuild', '--release', ...headers()], toolOptionsOf(place, module));
};

// without the headers beside node, node-gyp downloads them
const headers = (): string[] => {
  const folder = dirname(dirname(process.execPath));
  return existsSync(join(folder, 'include', 'node', 'node.h')) ? [`--nodedir=${folder}`] : [];
};
