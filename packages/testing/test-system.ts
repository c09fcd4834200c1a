import type { Exit } from '@muster/embedded';
import { type Log, listMembers, openLog } from '@muster/store';
import {
  killProcess,
  type ProcessEvent,
  processOf,
  type RunningSystem,
  type SystemOptions,
  startProcess,
  startSystem,
  stopProcess,
  waitReady,
} from '@muster/supervisor';
import { openTestFolder } from './embedded-database.ts';
import { openShell, type Shell } from './open-shell.ts';

/** A Muster that runs, as far as its answers and its data can be checked. */
export type Inspected = {
  url: string;
  /** The log, looked at past the gateways. */
  log: Log;
  /** The database, as an operator sees it. */
  shell: Shell;
  /** What the processes went through and wrote. */
  events: ProcessEvent[];
  /** For a look at the aggregators themselves, past the gateways. */
  clusterSecret: string;
};

/** A whole Muster as real processes, on a database of its own, with what a test asks of it. */
export type TestSystem = AsyncDisposable &
  Inspected & {
    system: RunningSystem;
    /** Where each gateway answers. */
    urls: string[];
  };

/** Snapshots follow soon after a change, so that a test need not wait for them long. */
const soon = { SNAPSHOT_AFTER_MS: '300', CHECKPOINT_EVERY_MS: '2000' };

export const openTestSystem = async ({
  environment = {},
  ...options
}: Partial<SystemOptions> = {}): Promise<TestSystem> => {
  const folder = await openTestFolder();
  const events: ProcessEvent[] = [];
  const { NODE_OPTIONS: _, ...own } = process.env; // the programs are built: they need no loader of ours
  const system = await startSystem({
    dataPath: folder.path,
    dieWithParent: true,
    ...options,
    environment: { ...own, ...soon, ...environment },
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  const log = openLog({ uri: system.mongodbUri, database: 'muster', appName: 'test' });
  const shell = openShell({ uri: system.mongodbUri });
  const urls = system.gateways.map((name) => `http://127.0.0.1:${processOf(system, name).ready?.port}`);
  const close = async () => {
    await log[Symbol.asyncDispose]();
    await shell[Symbol.asyncDispose]();
    await system[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  return {
    system,
    clusterSecret: system.clusterSecret,
    url: system.url,
    urls,
    log,
    shell,
    events,
    [Symbol.asyncDispose]: close,
  };
};

/** kill -9; who watches the processes starts it again, and this waits until it is ready. */
export const killAndAwaitReturn = async ({ system }: TestSystem, name: string): Promise<void> => {
  await killProcess(system, name, 'SIGKILL');
  await waitReady(system, name);
};

/** kill -9 without a return, until it is started. */
export const killForGood = async ({ system }: TestSystem, ...names: string[]): Promise<void> => {
  for (const name of names) {
    await killProcess(system, name, 'SIGKILL');
    await stopProcess(system, name);
  }
};

/** SIGTERM; gives how each ended. */
export const stopGently = async ({ system }: TestSystem, ...names: string[]): Promise<Exit[]> => {
  const exits = names.map((name) => processOf(system, name).spawned?.exited);
  await Promise.all(names.map((name) => stopProcess(system, name)));
  return Promise.all(exits.map((exited) => exited ?? { code: null, signal: null }));
};

export const startAgain = async ({ system }: TestSystem, ...names: string[]): Promise<void> => {
  await Promise.all(names.map((name) => startProcess(system, name)));
  await Promise.all(names.map((name) => waitReady(system, name)));
};

/** The lines that a process wrote. */
export const linesOf = ({ events }: TestSystem, name: string): string[] =>
  events.flatMap((event) => (event.kind === 'line' && event.name === name ? [event.line] : []));

/**
 * What only comes up when an aggregator restored its memory wrongly, and the comparison with the log that follows every
 * restore put it right.
 */
export const findRepairs = ({ events }: Pick<Inspected, 'events'>): string[] =>
  events.flatMap((event) =>
    event.kind === 'line' && event.line.includes('please report how this process was started') ? [event.line] : [],
  );

/**
 * A number from an aggregator's metrics at its health port, such as `muster_restores_total{mode="rescan"}`; 0 where it
 * is not there.
 */
export const readMetric = async (
  { log }: TestSystem,
  aggregator: string,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> => {
  const member = (await listMembers(log, 5_000)).find(({ _id }) => _id === aggregator);
  const response = await fetch(`http://127.0.0.1:${member?.healthPort}/metrics`);
  const wanted = [...Object.entries(labels).map(([label, value]) => `${label}="${value}"`), `${name}{`];
  const line = (await response.text())
    .split('\n')
    .find((one) => one.startsWith(name) && wanted.every((part) => one.includes(part)));
  return Number(line?.split(' ').at(-1) ?? 0);
};
