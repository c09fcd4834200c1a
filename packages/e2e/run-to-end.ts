import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';

export type Ended = { code: number | null; output: string };

/**
 * Runs a built program with only this environment until it ends, at most 20 s. Returns its exit code and its output.
 */
export const runToEnd = async (
  program: 'gateway' | 'aggregator',
  environment: Record<string, string>,
): Promise<Ended> => {
  const child = spawn(process.execPath, [join(findProjectRoot(), 'dist', `${program}.js`)], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const [code] = await once(child, 'close');
  return { code, output };
};
