import type { Environment } from './settings.ts';

type Main = (environment: Environment, signal: AbortSignal) => Promise<number>;

/**
 * Runs a program's main with the environment and a signal that aborts at SIGINT, SIGTERM, SIGHUP or when a parent that
 * holds an IPC channel is gone; its number becomes the exit code. A stop that is not done after `stopMs` milliseconds
 * ends the process with code 70; an error that nobody caught, with its `exitCode` (then only its message is shown), or
 * with 1.
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

/**
 * As `runProgram`, for a program that starts other processes and must not leave them behind. The signal also aborts at
 * SIGQUIT, when nobody reads the output any more, and at an exception or rejection that nobody caught. After such an
 * error the exit code is 1.
 */
export const runParent = (title: string, main: Main, stopMs = 10_000): Promise<void> => {
  const parentMain: Main = async (environment, asked) => {
    const ended = new AbortController();
    const failed = new AbortController();
    process.on('SIGQUIT', () => ended.abort());
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => ended.abort());
    process.on('uncaughtException', (error) => {
      console.error(`${title} stops because of an error that nobody caught:`, error);
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
