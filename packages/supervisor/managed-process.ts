import { type EventEmitter, once } from 'node:events';
import { type Exit, endProcess, type Spawned } from '@muster/embedded';
import { backOffMs, type Environment } from '@muster/runtime';
import type { Launched, Ready } from './launch-program.ts';

/** `down` is a process that ended though nobody stopped it. */
export type Status = 'stopped' | 'starting' | 'ready' | 'down';

/** One process of a group, over all its lives. Changed in this file alone. */
export type ManagedProcess = {
  readonly name: string;
  readonly launch: (self: ManagedProcess, onLine: (line: string) => void) => Promise<Launched>;
  /** How long it may take to stop, before it is killed. */
  readonly graceMs: number;
  status: Status;
  wanted: boolean;
  /** Of the one that lives now, if one does. */
  spawned?: Spawned;
  launching?: Promise<Error | undefined>;
  /** What it said when it was ready last; kept for the next life. */
  ready?: Ready;
  /** Set after it was planned, beside its environment; for its next lives. */
  settings: Environment;
  /** How the last life ended, if it was not stopped. */
  exit?: Exit;
  /** Deaths in a row, each soon after the start. */
  failures: number;
  restart?: NodeJS.Timeout;
  lastLines: string[];
};

export type ProcessEvent =
  | { kind: 'started'; name: string; pid: number }
  | { kind: 'ready'; name: string; pid: number }
  | { kind: 'line'; name: string; line: string }
  | { kind: 'stopped'; name: string }
  | { kind: 'died'; name: string; exit: Exit; wasReady: boolean; failures: number; restartMs: number | undefined }
  | { kind: 'unstartable'; name: string; problem: string; restartMs: number | undefined };

/**
 * Processes that belong together; which ones changes in this file alone. `restart` says whether one that dies is
 * started again.
 */
export type Group = {
  readonly processes: Map<string, ManagedProcess>;
  readonly restart: boolean;
  readonly onEvent: (event: ProcessEvent) => void;
  /** Emits `change` after every change of a status. */
  readonly changes: EventEmitter;
};

/** A process that has not been started yet. */
export const plan = (name: string, graceMs: number, launch: ManagedProcess['launch']): ManagedProcess => ({
  name,
  launch,
  graceMs,
  status: 'stopped',
  wanted: false,
  settings: {},
  failures: 0,
  lastLines: [],
});

/** Adds a planned process to those of the group, not started yet. Throws when one of that name is there. */
export const addProcess = ({ processes }: Group, one: ManagedProcess): void => {
  if (processes.has(one.name))
    throw new Error(`Cannot add process ${JSON.stringify(one.name)}: there is one of that name`);
  processes.set(one.name, one);
};

/** Stops a process and forgets it: it is not started again. Gives how it ended, if it ran. */
export const removeProcess = async (group: Group, name: string): Promise<Exit | undefined> => {
  const exit = await stopProcess(group, name);
  group.processes.delete(name);
  return exit;
};

/** Gives a process settings for its next lives, in place of those that were set before. */
export const changeSettings = (group: Group, name: string, settings: Environment): void => {
  processOf(group, name).settings = settings;
};

/** The process of that name. Throws when there is none. */
export const processOf = ({ processes }: Group, name: string): ManagedProcess => {
  const found = processes.get(name);
  if (!found)
    throw new Error(`Cannot find process ${JSON.stringify(name)}: there are ${[...processes.keys()].join(', ')}`);
  return found;
};

/** Starts a process that does not run; `waitReady` says when it is ready. Throws when it could not even be started. */
export const startProcess = async (group: Group, name: string): Promise<void> => {
  const one = processOf(group, name);
  one.wanted = true;
  if (one.status === 'starting' || one.status === 'ready') return;
  clearTimeout(one.restart);
  one.exit = undefined;
  change(group, one, 'starting');
  one.launching = launch(group, one);
  const problem = await one.launching;
  if (problem) throw problem;
};

/**
 * Stops a process: SIGTERM, then SIGKILL when its grace is over; it stays stopped until it is started. Gives how it
 * ended, if it ran.
 */
export const stopProcess = async (group: Group, name: string): Promise<Exit | undefined> => {
  const one = processOf(group, name);
  one.wanted = false;
  clearTimeout(one.restart);
  await one.launching;
  clearTimeout(one.restart);
  const exit = one.spawned && (await endProcess(one.spawned, one.graceMs));
  one.lastLines = []; // what it says in its next life is what explains that
  change(group, one, 'stopped');
  return exit;
};

/**
 * Sends a signal to a process that runs, such as SIGKILL, SIGSTOP or SIGCONT, and with SIGKILL waits for its end.
 * Throws when it does not run.
 */
export const killProcess = async (group: Group, name: string, signal: NodeJS.Signals): Promise<void> => {
  const { spawned, status } = processOf(group, name);
  if (!spawned) throw new Error(`Cannot send ${signal} to ${name}: expected it to run, it is ${status}`);
  spawned.child.kill(signal);
  if (signal === 'SIGKILL') await spawned.exited;
};

/** Kills all at once, for someone who does not want to wait. */
export const killAll = ({ processes }: Group): void => {
  for (const one of processes.values()) {
    one.wanted = false;
    clearTimeout(one.restart);
    one.spawned?.child.kill('SIGKILL');
  }
};

/** Tells all that still run to stop, without waiting for it: for someone who is about to be gone. */
export const askAllToStop = ({ processes }: Group): void => {
  for (const { spawned } of processes.values()) {
    spawned?.child.kill('SIGTERM');
    spawned?.child.kill('SIGCONT'); // a paused one would sleep through the SIGTERM
  }
};

/**
 * Waits until a process that was started is ready. Throws with its last lines after `deadlineMs` milliseconds, and at
 * once when it was stopped, refused its settings, or died and is not started again.
 */
export const waitReady = async (
  group: Group,
  name: string,
  deadlineMs = 30_000,
  signal?: AbortSignal,
): Promise<void> => {
  const one = processOf(group, name);
  const late = AbortSignal.timeout(deadlineMs);
  const over = AbortSignal.any(signal ? [late, signal] : [late]);
  while (one.status !== 'ready') {
    const isLost = !one.wanted || (one.status === 'down' && (!group.restart || one.exit?.code === refusedCode));
    if (isLost) throw new Error(describeNotReady(one, whyLost(one)));
    await once(group.changes, 'change', { signal: over }).catch((error) => {
      signal?.throwIfAborted();
      throw late.aborted ? new Error(describeNotReady(one, `it is ${one.status} after ${deadlineMs} ms`)) : error;
    });
  }
};

// a program ends with it when it cannot run as it is set: starting it again would not help
export const refusedCode = 2;

const whyLost = ({ wanted, exit }: ManagedProcess) => {
  if (!wanted) return 'it was stopped';
  return exit?.code === refusedCode ? 'it refused its settings' : 'it died';
};

const launch = async (group: Group, one: ManagedProcess): Promise<Error | undefined> => {
  const startedAt = performance.now();
  try {
    const { spawned, ready } = await one.launch(one, (line) => hear(group, one, line));
    one.spawned = spawned;
    void ready.then((said) => said && becomeReady(group, one, spawned, said));
    void spawned.exited.then((exit) => bury(group, one, exit, performance.now() - startedAt));
    group.onEvent({ kind: 'started', name: one.name, pid: spawned.pid });
    return undefined;
  } catch (error) {
    const problem = error instanceof Error ? error : new Error(String(error));
    one.failures += 1;
    const restartMs = scheduleRestart(group, one);
    group.onEvent({ kind: 'unstartable', name: one.name, problem: problem.message, restartMs });
    change(group, one, 'down');
    return problem;
  }
};

const hear = (group: Group, one: ManagedProcess, line: string) => {
  one.lastLines = [...one.lastLines.slice(-19), line];
  group.onEvent({ kind: 'line', name: one.name, line });
};

const becomeReady = (group: Group, one: ManagedProcess, spawned: Spawned, said: Ready) => {
  if (one.spawned !== spawned || one.status !== 'starting') return;
  one.ready = said;
  group.onEvent({ kind: 'ready', name: one.name, pid: spawned.pid });
  change(group, one, 'ready');
};

const bury = (group: Group, one: ManagedProcess, exit: Exit, livedMs: number) => {
  const wasReady = one.status === 'ready';
  one.spawned = undefined;
  if (!one.wanted) {
    group.onEvent({ kind: 'stopped', name: one.name });
    return change(group, one, 'stopped');
  }
  one.exit = exit;
  one.failures = wasReady && livedMs > steadyMs ? 1 : one.failures + 1;
  const restartMs = scheduleRestart(group, one);
  group.onEvent({ kind: 'died', name: one.name, exit, wasReady, failures: one.failures, restartMs });
  change(group, one, 'down');
};

// who lives that long is no longer failing to start
const steadyMs = 10_000;

const scheduleRestart = (group: Group, one: ManagedProcess): number | undefined => {
  if (!group.restart || !one.wanted) return undefined;
  const restartMs = Math.round(backOffMs(one.failures));
  // that it failed was said, and the next try is due
  const again = () => startProcess(group, one.name).catch(() => undefined);
  one.restart = setTimeout(() => void again(), restartMs);
  return restartMs;
};

const change = (group: Group, one: ManagedProcess, status: Status) => {
  one.status = status;
  group.changes.emit('change');
};

const describeNotReady = ({ name, lastLines }: ManagedProcess, what: string) =>
  [
    `Cannot wait for ${name} to be ready: ${what}; its last lines:`,
    ...(lastLines.length > 0 ? lastLines : ['(none)']),
  ].join('\n  ');
