import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** A tool that cannot be had here. The message says how to install it. */
export class ToolMissing extends Error {
  override name = 'ToolMissing';
}

const vegetaVersion = 'v12.13.0';
const sqliteVersion = '12.11.1';

const run = (command: string, words: readonly string[], folder: string, environment = {}): string | undefined => {
  const { status, stderr, error } = spawnSync(command, words, {
    ...{ cwd: folder, encoding: 'utf8', env: { ...process.env, ...environment }, timeout: 300_000 },
  });
  return status === 0 ? undefined : (error?.message ?? stderr.slice(-500));
};

/**
 * Returns the path of vegeta: the one on the PATH, or one that Go builds once into the folder `cache`. Throws
 * ToolMissing if there is no Go either.
 */
export const findVegeta = (cache: string): string => {
  if (run('vegeta', ['-version'], '.') === undefined) return 'vegeta';
  const folder = resolve(cache, `vegeta-${vegetaVersion}`);
  const path = join(folder, 'vegeta');
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const why = run('go', ['install', `github.com/tsenart/vegeta/v12@${vegetaVersion}`], folder, { GOBIN: folder });
  if (why === undefined) return path;
  throw new ToolMissing(`There is no vegeta, and Go cannot build it: ${why}\nInstall vegeta, or Go 1.22 or newer`);
};

/**
 * Returns the path of better-sqlite3, compiled once into the folder `cache`: users of Muster need no compiler. Throws
 * ToolMissing if it cannot be installed or compiled.
 */
export const findSqlite = (cache: string): string => {
  const folder = resolve(cache, `better-sqlite3-${sqliteVersion}`);
  const path = join(folder, 'node_modules', 'better-sqlite3');
  if (existsSync(join(path, 'build', 'Release', 'better_sqlite3.node'))) return path;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const install = ['install', '--save-exact', '--ignore-scripts', '--no-audit', `better-sqlite3@${sqliteVersion}`];
  const headers = dirname(dirname(process.execPath)); // where Node has its include folder
  const compile = ['--yes', 'node-gyp', 'rebuild', '--release', `--nodedir=${headers}`];
  const why = run('npm', install, folder) ?? run('npx', compile, path);
  if (why === undefined) return path;
  throw new ToolMissing(`better-sqlite3 cannot be compiled: ${why}\nInstall a C++ compiler, make and Python 3`);
};
