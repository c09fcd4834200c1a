import { createInterface } from 'node:readline';
import { type Spawned, spawnProcess } from '@muster/embedded';
import type { Environment } from '@muster/runtime';

export type Ready = { port?: number; healthPort?: number; uri?: string };

/** A started process. `ready` resolves to undefined if the process ends before it is ready. */
export type Launched = { spawned: Spawned; ready: Promise<Ready | undefined> };

/**
 * Starts a Node program. The program sends the IPC message `{ kind: 'ready', … }` when it is ready. It must stop when
 * the channel closes, so that it does not outlive this process. Calls `onLine` with every line that it writes.
 */
export const launchProgram = async (
  words: string[],
  environment: Environment,
  onLine: (line: string) => void,
): Promise<Launched> => {
  // without --enable-source-maps: reading the map for the first stack trace blocks the process, just when something
  // fails
  const spawned = await spawnProcess(process.execPath, words, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const { child, exited } = spawned;
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface(stream).on('line', onLine);
  // the given health port, unless the program reports another one
  const given = environment.HEALTH_PORT === '0' ? {} : { healthPort: Number(environment.HEALTH_PORT) };
  const ready = new Promise<Ready>((resolve) => {
    child.on('message', (message) => {
      if (isReady(message)) resolve({ ...given, ...message });
    });
  });
  return { spawned, ready: Promise.race([ready, exited.then(() => undefined)]) };
};

const isReady = (message: unknown): message is Ready & { kind: 'ready' } =>
  typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'ready';
