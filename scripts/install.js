import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Ends the process with exit code 2 and a message when this Node.js is too old. */
export const checkNode = () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    `Cannot start: Muster needs Node.js 20.19 or newer (24 is recommended), found ${process.versions.node}`,
  );
  process.exit(2);
};

/**
 * Installs the packages of the lockfile with `npm ci`, unless they are already installed. Ends the process with exit
 * code 1 when this fails.
 */
export const ensureInstalled = () => {
  const wanted = createHash('sha256').update(readFileSync(lockPath)).digest('hex');
  if (readIfThere(markPath) === wanted) return;
  if (wasInstalledByHand()) return writeFileSync(markPath, wanted);
  console.log('Installing the packages with npm ci, only once…');
  // with NODE_ENV=production, npm would skip the build tools
  const { status, error } = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) {
    const outcome = error ? `could not be run (${error.message})` : `ended with ${status}`;
    console.error(`Cannot install the packages: npm ci ${outcome}. Its output is above.`);
    process.exit(1);
  }
  writeFileSync(markPath, wanted);
};

const lockPath = join(root, 'package-lock.json');
const markPath = join(root, 'node_modules', '.muster-lock');
const installedLockPath = join(root, 'node_modules', '.package-lock.json');

const readIfThere = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

// npm writes this file last. If it is newer than the lockfile, somebody ran `npm install` here successfully.
const wasInstalledByHand = () =>
  existsSync(installedLockPath) && statSync(installedLockPath).mtimeMs >= statSync(lockPath).mtimeMs;
