import { type EventEmitter, once } from 'node:events';
import { type Exit, endProcess, type Spawned } from '@muster/embedded';
import { backOffMs, type Environment } from '@muster/runtime';
import type { Launched, Ready } from './launch-program.ts';

/** `down`: the process ended although it was not stopped. */
export type Status = 'stopped' | 'starting' | 'ready' | 'down';

/** One process of a group, across its restarts. Only this file changes it. */
export type ManagedProcess = {
  readonly name: string;
  readonly launch: (self: ManagedProcess, onLine: (line: string) => void) => Promise<Launched>;
  /** How long it may take to stop before it is killed, in milliseconds. */
  readonly graceMs: number;
  status: Status;
  wanted: boolean;
  /** The operating system's process, while it runs. */
  spawned?: Spawned;
  launching?: Promise<Error | undefined>;
  /** Its last ready message; kept over restarts. */
  ready?: Ready;
  /** Settings changed after it was planned; its next starts get them beside its environment. */
  settings: Environment;
  /** How it ended last, if it was not stopped. */
  exit?: Exit;
  /** The number of failed starts in a row: it died before it had been ready and had run for 10 s. */
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
 * Processes that belong together. Only this file adds and removes them. `restart`: a process that dies is restarted.
 */
export type Group = {
  readonly processes: Map<string, ManagedProcess>;
  readonly restart: boolean;
  readonly onEvent: (event: ProcessEvent) => void;
  /** Emits `change` after each change of a process's status. */
  readonly changes: EventEmitter;
};

/** Makes a process that is not started yet. `graceMs`: how long it may take to stop, in milliseconds. */
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

/** Adds a planned process to the group without starting it. Throws when the group has a process with this name. */
export const addProcess = ({ processes }: Group, one: ManagedProcess): void => {
  if (processes.has(one.name))
    throw new Error(`Cannot add process ${JSON.stringify(one.name)}: a process with this name exists`);
  processes.set(one.name, one);
};

/** Stops a process and removes it from the group. Returns how it ended, or undefined if it did not run. */
export const removeProcess = async (group: Group, name: string): Promise<Exit | undefined> => {
  const exit = await stopProcess(group, name);
  group.processes.delete(name);
  return exit;
};

/** Sets the settings for the next starts of a process. They replace those that this function set before. */
export const changeSettings = (group: Group, name: string, settings: Environment): void => {
  processOf(group, name).settings = settings;
};

/** Returns the process with this name. Throws when there is none. */
export const processOf = ({ processes }: Group, name: string): ManagedProcess => {
  const found = processes.get(name);
  if (!found)
    throw new Error(`Cannot find process ${JSON.stringify(name)}: the group has ${[...processes.keys()].join(', ')}`);
  return found;
};

/**
 * Starts a process unless it runs. Returns before it is ready: `waitReady` waits for that. Throws when the operating
 * system cannot start it.
 */
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
 * Stops a process: sends SIGTERM, then SIGKILL after `graceMs` milliseconds. It stays stopped until `startProcess`.
 * Returns how it ended, or undefined if it did not run.
 */
export const stopProcess = async (group: Group, name: string): Promise<Exit | undefined> => {
  const one = processOf(group, name);
  one.wanted = false;
  clearTimeout(one.restart);
  await one.launching;
  clearTimeout(one.restart);
  const exit = one.spawned && (await endProcess(one.spawned, one.graceMs));
  one.lastLines = []; // a later error must show only the lines of the next start
  change(group, one, 'stopped');
  return exit;
};

/**
 * Sends a signal to a running process, such as SIGKILL, SIGSTOP or SIGCONT. After SIGKILL it waits until the process
 * has ended. Throws when the process does not run.
 */
export const killProcess = async (group: Group, name: string, signal: NodeJS.Signals): Promise<void> => {
  const { spawned, status } = processOf(group, name);
  if (!spawned) throw new Error(`Cannot send ${signal} to ${name}: expected a running process, it is ${status}`);
  spawned.child.kill(signal);
  if (signal === 'SIGKILL') await spawned.exited;
};

/** Sends SIGKILL to all processes at once. They are not restarted. */
export const killAll = ({ processes }: Group): void => {
  for (const one of processes.values()) {
    one.wanted = false;
    clearTimeout(one.restart);
    one.spawned?.child.kill('SIGKILL');
  }
};

/** Sends SIGTERM to all running processes without waiting for them: for use when the supervisor exits. */
export const askAllToStop = ({ processes }: Group): void => {
  for (const { spawned } of processes.values()) {
    spawned?.child.kill('SIGTERM');
    spawned?.child.kill('SIGCONT'); // a paused process handles the SIGTERM only after it continues
  }
};

/**
 * Waits until a started process is ready. Throws an error with its last lines after `deadlineMs` milliseconds. Throws
 * at once when the process was stopped, refused its settings, or died and is not restarted.
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

/** The exit code of a program that refuses its settings. A restart would not help. */
export const refusedCode = 2;

/** Whether a process refused its settings at its first start: another start would end the same. Pure. */
export const isRefusal = (event: ProcessEvent): boolean =>
  event.kind === 'died' && event.exit.code === refusedCode && !event.wasReady && event.failures === 1;

const whyLost = ({ wanted, exit }: ManagedProcess) => {
  if (!wanted) return 'it was stopped';
  return exit?.code === refusedCode ? 'it refused its settings' : 'it died';
};

const launch = async (group: Group, one: ManagedProcess): Promise<Error | undefined> => {
  const startedAt = performance.now();
  try {
    const { spawned, ready } = await one.launch(one, (line) => takeLine(group, one, line));
    one.spawned = spawned;
    void ready.then((message) => message && becomeReady(group, one, spawned, message));
    void spawned.exited.then((exit) => takeExit(group, one, exit, performance.now() - startedAt));
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

const takeLine = (group: Group, one: ManagedProcess, line: string) => {
  one.lastLines = [...one.lastLines.slice(-19), line];
  group.onEvent({ kind: 'line', name: one.name, line });
};

const becomeReady = (group: Group, one: ManagedProcess, spawned: Spawned, message: Ready) => {
  if (one.spawned !== spawned || one.status !== 'starting') return;
  one.ready = message;
  group.onEvent({ kind: 'ready', name: one.name, pid: spawned.pid });
  change(group, one, 'ready');
};

const takeExit = (group: Group, one: ManagedProcess, exit: Exit, ranMs: number) => {
  const wasReady = one.status === 'ready';
  one.spawned = undefined;
  if (!one.wanted) {
    group.onEvent({ kind: 'stopped', name: one.name });
    return change(group, one, 'stopped');
  }
  one.exit = exit;
  one.failures = wasReady && ranMs > steadyMs ? 1 : one.failures + 1;
  const restartMs = scheduleRestart(group, one);
  group.onEvent({ kind: 'died', name: one.name, exit, wasReady, failures: one.failures, restartMs });
  change(group, one, 'down');
};

// a process that was ready and ran this long has started successfully
const steadyMs = 10_000;

const scheduleRestart = (group: Group, one: ManagedProcess): number | undefined => {
  if (!group.restart || !one.wanted) return undefined;
  const restartMs = Math.round(backOffMs(one.failures));
  // `launch` has reported the error and scheduled the next start
  const again = () => startProcess(group, one.name).catch(() => undefined);
  one.restart = setTimeout(() => void again(), restartMs);
  return restartMs;
};

const change = (group: Group, one: ManagedProcess, status: Status) => {
  one.status = status;
  group.changes.emit('change');
};

const describeNotReady = ({ name, lastLines }: ManagedProcess, what: string) =>
  [`${name} did not get ready: ${what}. Its last lines:`, ...(lastLines.length > 0 ? lastLines : ['(none)'])].join(
    '\n  ',
  );
