import type { Environment } from './settings.ts';

/**
 * Runs a program's main with the environment and a signal that aborts at SIGINT, SIGTERM or when a parent that holds an
 * IPC channel is gone; its number becomes the exit code. A stop that is not done after `stopMs` milliseconds ends the
 * process with code 70; an error that nobody caught, with its `exitCode` (then only its message is told), or with 1.
 */
export const runProgram = async (
  title: string,
  main: (environment: Environment, signal: AbortSignal) => Promise<number>,
  stopMs = 10_000,
): Promise<void> => {
  process.title = title;
  const stop = new AbortController();
  const onStop = () => {
    stop.abort();
    setTimeout(() => process.exit(70), stopMs).unref();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onStop);
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
