import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of the checkout that this code runs from, as source or bundled into `dist`. Throws when there is no
 * lockfile above it.
 */
export const findProjectRoot = (from = dirname(fileURLToPath(import.meta.url))): string => {
  if (existsSync(join(from, 'package-lock.json'))) return from;
  const above = dirname(from);
  if (above === from)
    throw new Error(
      'Cannot find the project folder: expected a package-lock.json in one of the folders above this code',
    );
  return findProjectRoot(above);
};
