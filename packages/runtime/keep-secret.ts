import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Returns the cluster secret that belongs to the data in this folder: 48 letters and digits. Makes one, in a file that
 * only its owner can read, if there is none. Then the cursors of one run are accepted in the next. Throws an Error that
 * names the file if it cannot be used.
 */
export const keepSecret = (dataPath: string): string => {
  const path = join(dataPath, 'cluster-secret');
  try {
    const kept = readIfThere(path);
    if (form.test(kept)) return kept;
    if (kept.length >= length) throw new Error(`expected ${length} of 0-9 a-f, or no such file`);
    return writeNew(dataPath, path); // a crash may have cut it short
  } catch (error) {
    throw new Error(`the cluster secret in ${path} cannot be used: ${Object(error).message}`, { cause: error });
  }
};

const length = 48;
const form = /^[0-9a-f]{48}$/;

const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (Object(error).code === 'ENOENT') return '';
    throw error;
  }
};

const writeNew = (dataPath: string, path: string): string => {
  const secret = randomBytes(length / 2).toString('hex');
  const fresh = `${path}.new`;
  mkdirSync(dataPath, { recursive: true });
  rmSync(fresh, { force: true }); // the mode counts only for a new file
  writeFileSync(fresh, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(fresh, path);
  return secret;
};
