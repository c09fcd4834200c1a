import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findProjectRoot } from './project-root.ts';
import type { Search } from './server.ts';

/** The mongod that mongodb-memory-server downloaded before, if it did; downloads nothing. */
export const locateMongod = async (): Promise<string | undefined> => {
  const { DryMongoBinary } = await import('mongodb-memory-server');
  return DryMongoBinary.locateBinary({ version: '' });
};

/**
 * Has mongodb-memory-server download a mongod, in a process of its own, as it offers no way to call it off: one try,
 * given up when nothing has come for 15 s, and after 120 s in any case. Throws when it did not succeed.
 */
export const downloadMongod = async ({ environment, say, signal }: Search): Promise<string | undefined> => {
  say('No MongoDB here: trying to download one');
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: findProjectRoot(),
    env: { ...environment, ...carefully },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: mostMs,
    killSignal: 'SIGKILL',
    signal,
  });
  let heard = '';
  const silence = setTimeout(() => child.kill('SIGKILL'), silentMs);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      heard = (heard + data).slice(-2_000);
      silence.refresh();
    });
  }
  try {
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(heard.trim() || `nothing came for ${silentMs / 1_000} s`);
  } finally {
    clearTimeout(silence);
  }
  return locateMongod();
};

const silentMs = 15_000;
const mostMs = 120_000;

const script = `
const { MongoBinary } = await import('mongodb-memory-server');
await MongoBinary.getPath().catch((error) => {
  console.error(String(error.message).replaceAll('\\n', ' '));
  process.exit(1);
});`;

// left to itself it tries three times, accepts any certificate and checks no sum
const carefully = { MONGOMS_MAX_RETRIES: '1', MONGOMS_MD5_CHECK: 'true', npm_config_strict_ssl: 'true' };
