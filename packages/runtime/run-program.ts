import type { Environment } from './settings.ts';

type Main = (environment: Environment, signal: AbortSignal) => Promise<number>;

/**
 * Runs a program's main with the environment and a signal. The signal aborts at SIGINT, SIGTERM or SIGHUP, or when the
 * parent process closes its IPC channel. The exit code is:
 * - the number that main returns
 * - 70 when the stop takes longer than `stopMs` milliseconds
 * - after an uncaught error: its `exitCode`, and then only its message is printed; otherwise 1
 */
export const runProgram = async (title: string, main: Main, stopMs = 10_000): Promise<void> => {
  process.title = title;
  const stop = new AbortController();
  const onStop = () => {
    stop.abort();
    endAfter(stopMs);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onStop);
  if (process.connected) process.once('disconnect', onStop).channel?.unref();
  try {
    process.exitCode = await main(process.env, stop.signal);
  } catch (error) {
    const exitCode = error instanceof Error && 'exitCode' in error ? Number(error.exitCode) : undefined;
    console.error(`${title} stopped:`, exitCode === undefined ? error : (error as Error).message);
    process.exitCode = exitCode ?? 1;
  }
  if (process.connected) process.disconnect();
};

/** Prints why a program cannot start, and sets the exit code 2. */
export const refuseToStart = (what: string, problem: string): void => {
  console.error(`Cannot start ${what}: ${problem}`);
  process.exitCode = 2;
};

/**
 * As `runProgram`, for a program that starts other processes and must not leave them behind. The signal also aborts at
 * SIGQUIT, when the output is closed, and at an uncaught exception or rejection. After such an exception the exit code
 * is 1.
 */
export const runParent = (title: string, main: Main, stopMs = 10_000): Promise<void> => {
  const parentMain: Main = async (environment, asked) => {
    const ended = new AbortController();
    const failed = new AbortController();
    process.on('SIGQUIT', () => ended.abort());
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => ended.abort());
    process.on('uncaughtException', (error) => {
      console.error(`${title} stops because of an uncaught error:`, error);
      process.exitCode = 1;
      failed.abort();
    });
    const over = AbortSignal.any([asked, ended.signal, failed.signal]);
    over.addEventListener('abort', () => endAfter(stopMs), { once: true });
    const code = await main(environment, over);
    return failed.signal.aborted ? 1 : code;
  };
  return runProgram(title, parentMain, stopMs);
};

const endAfter = (stopMs: number) => void setTimeout(() => process.exit(70), stopMs).unref();
