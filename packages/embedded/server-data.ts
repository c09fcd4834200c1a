import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from './command-line.ts';
import type { ServerKind } from './server.ts';

/** Returns which server wrote the data in the folder. Returns undefined when the folder is empty or missing. */
export const kindOfData = async (dataPath: string): Promise<ServerKind | undefined> => {
  const files = await readdir(dataPath).catch((): string[] => []);
  if (files.some((name) => name.startsWith('secantus_'))) return 'secantus';
  return files.includes('WiredTiger') ? 'mongod' : undefined;
};

/**
 * Stops a server that still runs on the data, because the process that started it was killed. Two servers would damage
 * the data.
 */
export const endLeftServer = async (dataPath: string, say: (text: string) => void): Promise<void> => {
  const pid = await readPid(pidPathOf(dataPath));
  if (pid === undefined || !(await isRunning(pid, dataPath))) return;
  say(`An earlier run left a MongoDB server running on ${dataPath} (pid ${pid}): stopping it`);
  await endByPid(pid, dataPath);
};

/** Stores the pid of the server next to its data, for `endLeftServer`. */
export const saveServerPid = async (dataPath: string, pid: number): Promise<void> => {
  const fresh = `${pidPathOf(dataPath)}.${process.pid}`;
  await writeFile(fresh, `${JSON.stringify({ pid })}\n`);
  await rename(fresh, pidPathOf(dataPath));
};

const pidPathOf = (dataPath: string) => `${dataPath}.json`;

const readPid = async (path: string): Promise<number | undefined> => {
  try {
    const { pid } = JSON.parse(await readFile(path, 'utf8'));
    return Number.isInteger(pid) ? pid : undefined;
  } catch {
    return undefined; // no file yet, or an incomplete one: then there is no server to stop
  }
};

const endByPid = async (pid: number, mark: string): Promise<void> => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    sendSignal(pid, signal);
    if (signal === 'SIGTERM') sendSignal(pid, 'SIGCONT');
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(50)) {
      if (!(await isRunning(pid, mark))) return;
    }
  }
  throw new Error(`Cannot stop the MongoDB server on ${mark}: pid ${pid} still runs 10 s after SIGKILL`);
};

const sendSignal = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(pid, signal);
  } catch {
    // the process has ended meanwhile, as intended
  }
};
