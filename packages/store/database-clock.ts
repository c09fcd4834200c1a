import { ownNow } from '@muster/runtime';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * The database's clock as this process estimates it: what to add to its own monotonic clock, both in milliseconds.
 * Changed only by `measureClock`.
 */
export type DatabaseClock = { offsetMs: number; measured: boolean };

/** Before the first measurement: this machine's clock. */
export const openClock = (): DatabaseClock => ({ offsetMs: performance.timeOrigin, measured: false });

/**
 * Asks the database for its time and moves the estimate; right to half a round trip. Throws DeadlineError after
 * `deadlineMs` milliseconds.
 */
export const measureClock = async (log: Log, clock: DatabaseClock, deadlineMs: number): Promise<void> => {
  const askedAt = ownNow();
  const answer = await withinDeadline(handlesOf(log).db.command({ hello: 1 }), deadlineMs, "read the database's clock");
  const middle = (askedAt + ownNow()) / 2;
  clock.offsetMs = (answer.localTime as Date).getTime() - middle;
  clock.measured = true;
};

/** Now, on the database's clock, and not before `notBefore`. */
export const databaseNow = (clock: DatabaseClock, notBefore?: Date): Date => {
  const now = Math.round(ownNow() + clock.offsetMs);
  return new Date(Math.max(now, notBefore?.getTime() ?? 0));
};
