import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProjectRoot } from '@muster/embedded';

const version = '4.32.5';
const withinMs = 300_000;

/**
 * Installs Schemathesis from PyPI into `.cache`, unless it is there. Returns the folder of its Python packages. Throws
 * when python3 with pip is missing, or when the installation takes longer than 300 seconds.
 */
export const installSchemathesis = async (): Promise<string> => {
  const folder = join(findProjectRoot(), '.cache', 'schemathesis');
  const place = join(folder, version);
  if (await exists(place)) return place;
  console.log(`Installing Schemathesis ${version} from PyPI (MIT), only once…`);
  await mkdir(folder, { recursive: true });
  const fresh = await mkdtemp(join(folder, 'installing-'));
  const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', fresh];
  try {
    const env = { ...process.env, PIP_USER: '0' };
    await promisify(execFile)('python3', [...words, `schemathesis==${version}`], { env, timeout: withinMs });
    // the whole folder is renamed, so that an interrupted installation never leaves an incomplete one
    await rename(fresh, place).catch(async (error) => {
      if (!(await exists(place))) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return place;
};

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
