import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Returns the root folder of the checkout that this code runs from, as source or as a bundle in `dist`. Throws when no
 * folder above it has a package-lock.json.
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
