import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningSystem, startSystem } from '@muster/supervisor';

/**
 * Starts a Muster with the system `assets` as `npm start` does, on free ports and with an embedded database of its own.
 * Its disposal ends it and removes its data. Throws when it is not ready within a minute.
 */
export const openMuster = async (
  given: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<AsyncDisposable & { url: string }> => {
  const dataPath = await mkdtemp(join(tmpdir(), 'muster-bench-assets-'));
  const environment = { ...given, MONGODB_URI: undefined, ENTITIES: 'assets', LOG_LEVEL: 'warn' };
  const removeData = () => rm(dataPath, { recursive: true, force: true, maxRetries: 5 });
  try {
    const system = await startSystem({ dataPath, environment, dieWithParent: true, say });
    return { url: system.url, [Symbol.asyncDispose]: () => stop(system).finally(removeData) };
  } catch (error) {
    await removeData();
    throw error;
  }
};

const stop = async (system: RunningSystem): Promise<void> => system[Symbol.asyncDispose]();
