import type { Logger } from '@muster/runtime';
import { driverFailureOf } from '@muster/store';

/** The failures of the database since the log last had one. A plain value. Only this file changes it. */
export type Failures = { loggedAt: number; leftOut: number };

export const openFailures = (): Failures => ({ loggedAt: Number.NEGATIVE_INFINITY, leftOut: 0 });

const logEveryMs = 10_000; // during an outage, each request fails

/**
 * Returns why a read or a write failed, in words for clients. The driver's own text names addresses of the database.
 * Only the log has it, at most once in 10 seconds. `now` is `performance.now()`.
 */
export const whyFailed = (
  { failures, logger }: { failures: Failures; logger: Logger },
  error: unknown,
  now = performance.now(),
): string => {
  const failure = driverFailureOf(error);
  if (failure === undefined) return error instanceof Error ? error.message : String(error);
  if (now - failures.loggedAt < logEveryMs) failures.leftOut += 1;
  else {
    logger.warn({ err: error, leftOut: failures.leftOut }, 'The database failed a request');
    Object.assign(failures, { loggedAt: now, leftOut: 0 });
  }
  return failure === 'refused' ? 'the database refused it' : 'no answer from the database in time';
};
