import { withoutCredentials } from '@muster/runtime';
import type { Running, RunningProcess } from './running.ts';

/**
 * Returns the message of `npm start` when everything runs: the address, the processes with their pids and health ports,
 * and requests to try. Pure.
 */
export const describeSystem = (
  { url = '', mongodbUri = '', mongodbPid, processes }: Running,
  tryIt: (url: string) => readonly string[] = () => [],
): string =>
  [
    '',
    `Muster runs at ${url}`,
    '',
    row('PROCESS', 'PID', 'WHERE'),
    row('mongodb', mongodbPid ?? '-', withoutCredentials(mongodbUri)),
    ...processes.map((one) => row(one.name, one.pid, describeWhere(one))),
    '',
    ...['Try it:', ...tryIt(url).map((line) => `  ${line}`), ''],
    'Ctrl-C stops all processes and keeps the data. To run five aggregators, in another terminal: npm run scale -- 5',
    '',
  ].join('\n');

/** Returns where a process answers: a gateway's address, and the addresses of the health port. Pure. */
export const describeWhere = ({ url, healthPort }: RunningProcess): string =>
  [url, healthPort && `http://127.0.0.1:${healthPort}/readyz and /metrics`].filter(Boolean).join(', ') || '-';

const row = (name: string, pid: string | number, where: string) =>
  `  ${name.padEnd(14)}${String(pid).padEnd(9)}${where}`;
