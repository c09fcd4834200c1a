import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Search } from './server.ts';

/** Returns the path of a mongod that mongodb-memory-server downloaded earlier, or undefined. Downloads nothing. */
export const locateMongod = async (): Promise<string | undefined> => {
  const { DryMongoBinary } = await import('mongodb-memory-server-core');
  return DryMongoBinary.locateBinary({ version: '' });
};

/**
 * Lets mongodb-memory-server download a mongod, once, in a child process, because a download cannot be cancelled
 * otherwise. Gives up after 15 seconds without output, and after 120 seconds in all. Returns the path. Throws when the
 * download fails.
 */
export const downloadMongod = async ({ environment, say, signal }: Search): Promise<string | undefined> => {
  say('No MongoDB server found on this machine: downloading mongod');
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: dirname(fileURLToPath(import.meta.url)), // where the import below finds the package
    env: { ...environment, ...safeDownload },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: mostMs,
    killSignal: 'SIGKILL',
    signal,
  });
  let output = '';
  const silence = setTimeout(() => child.kill('SIGKILL'), silentMs);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output = (output + data).slice(-2_000);
      silence.refresh();
    });
  }
  try {
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(output.trim() || `no output for ${silentMs / 1_000} s`);
  } finally {
    clearTimeout(silence);
  }
  return locateMongod();
};

const silentMs = 15_000;
const mostMs = 120_000;

const script = `
const { MongoBinary } = await import('mongodb-memory-server-core');
await MongoBinary.getPath().catch((error) => {
  console.error(String(error.message).replaceAll('\\n', ' '));
  process.exit(1);
});`;

// by default it tries three times, accepts any certificate and checks no checksum
const safeDownload = { MONGOMS_MAX_RETRIES: '1', MONGOMS_MD5_CHECK: 'true', npm_config_strict_ssl: 'true' };
