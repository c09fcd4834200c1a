import { setTimeout as sleep } from 'node:timers/promises';
import { isPortFree, isRunning } from '@muster/embedded';
import { type Running, readLastRun, readRunning } from './running.ts';
import type { LocalSettings } from './settings.ts';

/**
 * Returns why `npm start` cannot start, with what to do, or undefined when it can. Changes nothing. If the last
 * supervisor was killed, its programs stop by themselves; this waits for them, 15 s at most.
 */
export const findObstacle = async (
  { PORT, HOST }: LocalSettings,
  dataPath: string,
  say: (text: string) => void,
): Promise<string | undefined> => {
  const running = await readRunning(dataPath);
  if (running !== undefined) return describeInUse(running, dataPath, PORT);
  await waitForOrphans(dataPath, say);
  if (PORT === 0 || (await isPortFree(HOST, PORT))) return undefined;
  return `port ${PORT} on ${HOST} is taken by another program. Choose another port: PORT=${nextPort(PORT)} npm start`;
};

const describeInUse = ({ supervisorPid, url }: Running, dataPath: string, port: number) => {
  const where = url === undefined ? '' : `, at ${url}`;
  return [
    `a Muster already runs with the data in ${dataPath}${where} (pid ${supervisorPid}).`,
    `Stop it with Ctrl-C in its terminal or with kill ${supervisorPid}. Or start a second one with its own data:`,
    `PORT=${nextPort(port)} DATA=./data-2 npm start`,
  ].join(' ');
};

const nextPort = (port: number) => (port < 65_535 ? port + 1 : 3_000);

const waitForOrphans = async (dataPath: string, say: (text: string) => void): Promise<void> => {
  const last = await readLastRun(dataPath);
  if (last === undefined || !(await hasOrphans(last))) return;
  say('The last npm start on this data was killed. Waiting until its programs have stopped, 15 s at most');
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(100)) {
    if (!(await hasOrphans(last))) return;
  }
};

const hasOrphans = async ({ processes }: Running): Promise<boolean> => {
  const alive = await Promise.all(processes.map(({ name, pid }) => isRunning(pid, name.split('-', 1)[0] ?? name)));
  return alive.includes(true);
};
