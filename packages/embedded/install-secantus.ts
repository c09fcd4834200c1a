import { execFile } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Search } from './server.ts';

// the last version with the server written in Rust
const version = '0.6.0b17';

/** Returns the path of the server that is installed in `folder`. Pure. */
export const secantusBinaryIn = (folder: string): string => join(folder, version, 'secantusdb.scripts', 'secantusd-rs');

/**
 * Installs SecantusDB from PyPI into `folder` and returns the server's path. Throws when python3 with pip is missing,
 * or when the installation takes longer than 180 seconds.
 */
export const installSecantus = async (folder: string, { environment, say, signal }: Search): Promise<string> => {
  say(`Installing SecantusDB ${version} from PyPI (GPL-2.0, runs as a separate process)`);
  await mkdir(folder, { recursive: true });
  const fresh = await mkdtemp(join(folder, 'installing-'));
  try {
    const words = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--target',
      fresh,
      `secantusdb==${version}`,
    ];
    await promisify(execFile)('python3', words, { env: { ...environment, PIP_USER: '0' }, timeout: 180_000, signal });
    await chmod(fresh, 0o755);
    await moveIntoPlace(fresh, join(folder, version), secantusBinaryIn(folder));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return secantusBinaryIn(folder);
};

// The whole folder is renamed, so that an interrupted or concurrent installation never leaves an incomplete server.
const moveIntoPlace = async (fresh: string, place: string, binary: string) => {
  if (await exists(binary)) return;
  await rm(place, { recursive: true, force: true });
  await rename(fresh, place).catch(async (error) => {
    if (!(await exists(binary))) throw error;
  });
};

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
