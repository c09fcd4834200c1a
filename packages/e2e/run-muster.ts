import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import type { Ended } from './run-to-end.ts';

/** Runs the command `muster` with these words and this environment until it ends, at most a minute. */
export const runMuster = async (words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> => {
  const child = spawn(process.execPath, [join(findProjectRoot(), 'dist', 'muster.js'), ...words], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const [code] = await once(child, 'close');
  return { code, output };
};
