import { createInterface } from 'node:readline';
import { type Spawned, spawnProcess } from '@muster/embedded';
import type { Environment } from '@muster/runtime';

export type Ready = { port?: number; healthPort?: number; uri?: string };

/** A process that was started; `ready` is undefined when it ended before it was. */
export type Launched = { spawned: Spawned; ready: Promise<Ready | undefined> };

/**
 * Starts a Node program that says by an IPC message `{ kind: 'ready', … }` when it is; it is to stop by itself when
 * that channel closes, so that it ends with this process. `onLine` receives every line that it writes.
 */
export const launchProgram = async (
  words: string[],
  environment: Environment,
  onLine: (line: string) => void,
): Promise<Launched> => {
  // without --enable-source-maps: reading the map for the first stack trace stops the process noticeably, just when
  // something fails
  const spawned = await spawnProcess(process.execPath, words, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const { child, exited } = spawned;
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface(stream).on('line', onLine);
  // the health port that it was given, unless it says which it took
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
