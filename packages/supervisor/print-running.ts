import { withoutCredentials } from '@muster/runtime';
import type { Running, RunningProcess } from './running.ts';

/**
 * Returns the message of `npm start` when everything runs: the address, the processes with their pids and health ports,
 * and requests to try. `dataPath`: the folder of the data, if the commands must be told. Pure.
 */
export const describeSystem = (
  { url = '', mongodbUri = '', mongodbPid, processes }: Running,
  tryIt: (url: string) => readonly string[] = () => [],
  dataPath?: string,
): string =>
  [
    '',
    `Muster runs at ${url}`,
    '',
    head,
    row('mongodb', mongodbPid ?? '-', withoutCredentials(mongodbUri)),
    ...processes.map(describeProcess),
    '',
    ...['Try it:', ...tryIt(url).map((line) => `  ${line}`), ''],
    'Ctrl-C stops all processes and keeps the data. To run five aggregators, in another terminal: ' +
      `${dataPath === undefined ? '' : `DATA=${quote(dataPath)} `}npm run scale -- 5`,
    '',
  ].join('\n');

/** Returns processes with their pids and health ports as a table. Pure. */
export const describeProcesses = (processes: readonly RunningProcess[]): string[] => [
  head,
  ...processes.map(describeProcess),
];

/** Returns where a process answers: a gateway's address, and the addresses of the health port. Pure. */
export const describeWhere = ({ url, healthPort }: RunningProcess): string =>
  [url, healthPort && `http://127.0.0.1:${healthPort}/readyz and /metrics`].filter(Boolean).join(', ') || '-';

const describeProcess = (one: RunningProcess) => row(one.name, one.pid, describeWhere(one));

const quote = (text: string) => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

const row = (name: string, pid: string | number, where: string) =>
  `  ${name.padEnd(14)}${String(pid).padEnd(9)}${where}`;

const head = row('PROCESS', 'PID', 'WHERE');
