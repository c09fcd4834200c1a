import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProjectRoot } from '@muster/embedded';
import { pause } from '@muster/runtime';

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

/**
 * Runs one of the benchmark's load generators from `dist` with a task, and returns its result. Throws when it fails.
 */
export const runGenerator = async <Result>(name: string, task: object, seconds: number): Promise<Result> => {
  const limits = { timeout: (seconds + 60) * 1_000, maxBuffer: 16 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.execPath, [inDist(name), JSON.stringify(task)], limits);
  return JSON.parse(stdout) as Result;
};

const inDist = (name: string) => join(findProjectRoot(), 'dist', `${name}.js`);

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

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const hasEnded = new AbortController();
  await Promise.race([ended.then(() => hasEnded.abort()), pause(stopMs, hasEnded.signal)]);
  child.kill('SIGKILL');
  await ended;
};
