import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Returns the cluster secret that belongs to the data in this folder: 48 letters and digits. Makes one, in a file that
 * only its owner can read, if there is none. Then the cursors of one run are accepted in the next. Throws the error of
 * the file system if the file can be neither read nor written.
 */
export const keepSecret = (dataPath: string): string => {
  const path = join(dataPath, 'cluster-secret');
  const kept = readSecretAt(path);
  if (kept !== undefined && form.test(kept)) return kept;
  const secret = randomBytes(24).toString('hex');
  mkdirSync(dataPath, { recursive: true });
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  return secret;
};

const form = /^[0-9a-f]{48}$/; // otherwise a crash cut it short

const readSecretAt = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};
