import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * Writes a small project into a new or empty folder and prints what to do next. The project uses this very package: a
 * file of it goes into the folder `vendor`, unless `muster` names another version or file. Sets the exit code 2, and
 * changes nothing, if the folder has files.
 */
export const newProject = async (
  folder: string,
  muster: string | undefined,
  print: (text: string) => void,
): Promise<void> => {
  const path = resolve(folder);
  const problem = await findProblem(path);
  if (problem !== undefined) {
    console.error(`Cannot begin a project in ${path}: ${problem}`);
    process.exitCode = 2;
    return;
  }
  try {
    await write(path, muster);
    print(`A project is in ${path}. Next:\n\n  cd ${quote(folder)}\n  npm install\n  npm test\n  npm start\n`);
  } catch (error) {
    await emptyFolder(path); // it was new or empty
    console.error(`Cannot begin a project in ${path}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
};

const write = async (path: string, muster: string | undefined): Promise<void> => {
  await mkdir(path, { recursive: true });
  await cp(templatePath, path, { recursive: true });
  await rename(join(path, 'gitignore'), join(path, '.gitignore')); // npm would leave out a file of that name
  const manifest = JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));
  const dependencies = { muster: muster ?? (await packInto(path)) };
  const named = { ...manifest, name: packageNameOf(path), dependencies };
  await writeFile(join(path, 'package.json'), `${JSON.stringify(named, undefined, 2)}\n`);
};

const emptyFolder = async (path: string): Promise<void> => {
  for (const name of await readdir(path).catch(() => [])) await rm(join(path, name), { recursive: true, force: true });
};

// the build puts the template beside the folder of the code
const packagePath = fileURLToPath(new URL('..', import.meta.url));
const templatePath = join(packagePath, 'template');

/** Packs this package into the project. Returns how its package.json names the file. */
const packInto = async (path: string): Promise<string> => {
  const vendor = join(path, 'vendor');
  await mkdir(vendor);
  const words = ['pack', packagePath, '--pack-destination', vendor, '--silent'];
  const { stdout } = await promisify(execFile)('npm', words, { cwd: path, shell: process.platform === 'win32' });
  return `file:./vendor/${stdout.trim()}`;
};

const findProblem = async (path: string): Promise<string | undefined> => {
  try {
    return (await readdir(path)).length > 0 ? 'the folder has files. Name a folder that is new or empty' : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    return code === 'ENOTDIR' ? 'there is a file of that name' : String(error);
  }
};

const packageNameOf = (path: string): string => {
  const name = basename(path)
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name || 'my-muster';
};

const quote = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
