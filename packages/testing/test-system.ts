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

/** The parts of a running Muster that are needed to check its replies and its data. */
export type Inspected = {
  url: string;
  /** Direct access to the log, without the gateways. */
  log: Log;
  /** Direct access to the database. */
  shell: Shell;
  /** The lifecycle events and the log lines of the processes. */
  events: ProcessEvent[];
  /** Direct access to the aggregators, without the gateways. */
  clusterSecret: string;
};

/** A whole Muster of real processes, on its own database, for a test. */
export type TestSystem = AsyncDisposable &
  Inspected & {
    system: RunningSystem;
    /** The address of each gateway. */
    urls: string[];
  };

/** A short snapshot interval, so that a test does not wait long for a snapshot. */
const soon = { SNAPSHOT_AFTER_MS: '300', CHECKPOINT_EVERY_MS: '2000' };

export const openTestSystem = async ({
  environment = {},
  ...options
}: Partial<SystemOptions> = {}): Promise<TestSystem> => {
  const folder = await openTestFolder();
  const events: ProcessEvent[] = [];
  const { NODE_OPTIONS: _, ...own } = process.env; // the built programs need no loader
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

/** Kills a process with SIGKILL, and waits until the supervisor has restarted it and it is ready. */
export const killAndAwaitReturn = async ({ system }: TestSystem, name: string): Promise<void> => {
  await killProcess(system, name, 'SIGKILL');
  await waitReady(system, name);
};

/** Kills a process with SIGKILL. It stays down until the test starts it. */
export const killForGood = async ({ system }: TestSystem, ...names: string[]): Promise<void> => {
  for (const name of names) {
    await killProcess(system, name, 'SIGKILL');
    await stopProcess(system, name);
  }
};

/** Stops processes with SIGTERM. Returns how each one ended. */
export const stopGently = async ({ system }: TestSystem, ...names: string[]): Promise<Exit[]> => {
  const exits = names.map((name) => processOf(system, name).spawned?.exited);
  await Promise.all(names.map((name) => stopProcess(system, name)));
  return Promise.all(exits.map((exited) => exited ?? { code: null, signal: null }));
};

export const startAgain = async ({ system }: TestSystem, ...names: string[]): Promise<void> => {
  await Promise.all(names.map((name) => startProcess(system, name)));
  await Promise.all(names.map((name) => waitReady(system, name)));
};

/** Returns the lines that a process wrote. */
export const linesOf = ({ events }: TestSystem, name: string): string[] =>
  events.flatMap((event) => (event.kind === 'line' && event.name === name ? [event.line] : []));

/**
 * Returns the log lines about repairs. An aggregator writes one if its restored memory was wrong, and the comparison
 * with the log after the restore repaired it.
 */
export const findRepairs = ({ events }: Pick<Inspected, 'events'>): string[] =>
  events.flatMap((event) =>
    event.kind === 'line' && event.line.includes('please report how this process was started') ? [event.line] : [],
  );

/**
 * Reads a number from an aggregator's metrics at its health port, such as `muster_restores_total{mode="rescan"}`.
 * Returns 0 if the metric does not exist.
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
