import { execFile } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProjectRoot } from '@muster/embedded';

/** Another revision of this project, built in a checkout of its own. Its disposal removes the checkout. */
export type Revision = AsyncDisposable & { root: string; commit: string };

/**
 * Checks out another revision in a temporary git worktree, and builds its programs with the packages that are installed
 * here. Throws when there is no such revision, or when it does not build.
 */
export const openRevision = async (name: string): Promise<Revision> => {
  const commit = await findCommit(name);
  const folder = await mkdtemp(join(tmpdir(), 'muster-revision-'));
  const root = join(folder, 'checkout');
  const close = async () => {
    await git('worktree', 'remove', '--force', root).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await git('worktree', 'add', '--detach', root, commit);
    await linkPackages(root);
    await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build.js')], { cwd: root });
    return { root, commit, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
};

const findCommit = async (name: string): Promise<string> => {
  try {
    return await git('rev-parse', '--verify', '--short', `${name}^{commit}`);
  } catch {
    const problem = `Cannot compare with ${JSON.stringify(name)}: expected a commit, branch or tag of this repository`;
    throw Object.assign(new Error(problem), { exitCode: 2 });
  }
};

const git = async (...words: string[]): Promise<string> =>
  (await promisify(execFile)('git', words, { cwd: findProjectRoot() })).stdout.trim();

// Each package is a link to the one that is installed here, except those of this project: a link to them would build
// the present sources.
const linkPackages = async (root: string): Promise<void> => {
  const [from, to] = [join(findProjectRoot(), 'node_modules'), join(root, 'node_modules')];
  await mkdir(join(to, '@muster'), { recursive: true });
  for (const name of await readdir(from))
    if (name !== '@muster' && !(await isThere(join(to, name)))) await symlink(join(from, name), join(to, name));
  for (const name of await readdir(join(root, 'packages')))
    await symlink(join(root, 'packages', name), join(to, '@muster', name));
};

const isThere = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );
