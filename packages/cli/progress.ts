import cliProgress from 'cli-progress';

/**
 * How far long work has come, for a person: a bar on a terminal, else a line every few seconds. A plain value, changed
 * in this file only.
 */
export type Progress = { what: string; total: number; bar: cliProgress.SingleBar | undefined; saidAt: number };

const sayEveryMs = 3_000;

/** Begins to show progress on standard error, so that what a command prints stays clean. */
export const openProgress = (what: string, total: number): Progress => {
  const bar = process.stderr.isTTY
    ? new cliProgress.SingleBar({ format: `${what} {bar} {value}/{total} {eta_formatted}`, hideCursor: true })
    : undefined;
  bar?.start(total, 0);
  return { what, total, bar, saidAt: performance.now() };
};

/** Shows that `done` of the total is done. */
export const showProgress = (progress: Progress, done: number): void => {
  progress.bar?.update(done);
  if (progress.bar || performance.now() - progress.saidAt < sayEveryMs) return;
  progress.saidAt = performance.now();
  process.stderr.write(`${progress.what}: ${done} of ${progress.total}\n`);
};

export const closeProgress = ({ bar }: Progress): void => bar?.stop();
