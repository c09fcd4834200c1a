import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { pause } from '@muster/runtime';
import type { GeneratorMessage, LoadResult, LoadSpec } from './load-spec.ts';

export type Child = AsyncDisposable & { url: string; pid: number };

const readyMs = 20_000;
const stopMs = 5_000;

/**
 * Starts one of the benchmark's servers from `dist`, and waits until it is ready. It ends with this process. Throws
 * when it is not ready within 20 seconds.
 */
export const startChild = async (name: string, environment: NodeJS.ProcessEnv): Promise<Child> => {
  const child = fork(inDist(name), { env: environment, execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    const port = await Promise.race([readPort(child), failUnlessReady(name, child)]);
    return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, [Symbol.asyncDispose]: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  }
};

/** Called at the edges of the measured window of a load. */
export type WindowEdges = { onBegin?: () => void; onEnd?: () => void };

/** Runs the load generator as a process of its own, and returns its result. Throws when it fails or takes too long. */
export const runGenerator = async (spec: LoadSpec, edges: WindowEdges = {}): Promise<LoadResult> => {
  const words = [JSON.stringify(spec)];
  const child = fork(inDist('bench-generator'), words, {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const found: { result?: LoadResult } = {};
  child.on('message', (message: GeneratorMessage) => {
    if (message.kind === 'begin') edges.onBegin?.();
    if (message.kind === 'end') edges.onEnd?.();
    if (message.kind === 'result') found.result = message.result;
  });
  const late = setTimeout(() => child.kill('SIGKILL'), (secondsOf(spec) + generatorExtraSeconds) * 1_000);
  const [code] = await once(child, 'exit').finally(() => clearTimeout(late));
  if (found.result === undefined) throw new Error(`The load generator ended with exit code ${code} and no result`);
  return found.result;
};

/** What the plain reader reads: all records, and the events since a moment. */
export type PlainRead = { uri: string; database: string; since: Date };

/**
 * Runs the program that reads as a program without Muster would. Returns how long it took from its start to its end,
 * and how long its reads took. Calls `onStart` with its pid.
 */
export const readPlainly = async (
  task: PlainRead,
  onStart: (pid: number) => void,
): Promise<{ totalMs: number; readMs: number }> => {
  const startedAt = performance.now();
  const child = fork(inDist('bench-plain-restore'), [JSON.stringify(task)], { execArgv: [] });
  if (child.pid !== undefined) onStart(child.pid);
  const found = { readMs: Number.NaN };
  child.on('message', ({ readMs }: { readMs: number }) => {
    found.readMs = readMs;
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`The plain reader ended with exit code ${code}`);
  return { totalMs: performance.now() - startedAt, readMs: found.readMs };
};

const generatorExtraSeconds = 60;

const secondsOf = ({ warmSeconds, seconds, phases }: LoadSpec): number =>
  phases?.reduce((sum, phase) => sum + phase.seconds, 0) ?? warmSeconds + seconds;

/** Returns the path of a built program of the benchmark. */
export const inDist = (name: string) => join(findProjectRoot(), 'dist', `${name}.js`);

const readPort = async (child: ChildProcess): Promise<number> => {
  const [message] = await once(child, 'message');
  return Number(message.port);
};

const failUnlessReady = async (name: string, child: ChildProcess): Promise<never> => {
  const what = await Promise.race([
    once(child, 'exit').then(([code]) => `ended with exit code ${code}`),
    pause(readyMs).then(() => `is not ready after ${readyMs} ms`),
  ]);
  throw new Error(`Cannot start ${name}: it ${what}`);
};

/** Ends a child, and waits until it has ended. */
export const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const hasEnded = new AbortController();
  await Promise.race([ended.then(() => hasEnded.abort()), pause(stopMs, hasEnded.signal)]);
  child.kill('SIGKILL');
  await ended;
};
