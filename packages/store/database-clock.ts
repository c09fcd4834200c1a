import { ownNow } from '@muster/runtime';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * This process's estimate of the database's clock. `offsetMs` is the difference to the process's own monotonic clock,
 * and `shownMs` the last time that it showed, both in milliseconds. Changed only in this file.
 */
export type DatabaseClock = { offsetMs: number; measured: boolean; shownMs: number };

/** Returns a clock that shows this machine's time until the first measurement, or that of `offsetMs`. */
export const openClock = (offsetMs = performance.timeOrigin): DatabaseClock => ({
  ...{ offsetMs, measured: false, shownMs: 0 },
});

/**
 * Asks the database for its time and updates the estimate, which is accurate to half a round trip. Throws DeadlineError
 * after `deadlineMs` milliseconds, and then leaves the estimate as it is.
 */
export const measureClock = async (log: Log, clock: DatabaseClock, deadlineMs: number): Promise<void> => {
  const note = noteTime(clock);
  const answer = await withinDeadline(handlesOf(log).db.command({ hello: 1 }), deadlineMs, "read the database's clock");
  note(answer.localTime);
};

/**
 * Call it before a question to the database, and the returned function with the database's time from the answer. This
 * updates the estimate, which is accurate to half a round trip.
 */
export const noteTime = (clock: DatabaseClock): ((time: Date) => void) => {
  const askedAt = ownNow();
  return (time) => {
    clock.offsetMs = time.getTime() - (askedAt + ownNow()) / 2;
    clock.measured = true;
  };
};

/**
 * The current time on the database's clock, or `notBefore` if that is later. It does not go back when a measurement
 * corrects the estimate a little: of two writes through one gateway, the later one has no earlier time.
 */
export const databaseNow = (clock: DatabaseClock, notBefore?: Date): Date => {
  const now = Math.round(ownNow() + clock.offsetMs);
  const isCorrected = now < clock.shownMs && clock.shownMs - now <= correctedMs;
  if (!isCorrected) clock.shownMs = now;
  const time = Math.max(clock.shownMs, notBefore?.getTime() ?? 0);
  if (time - now <= correctedMs) clock.shownMs = time; // the next write is no earlier than this one
  return new Date(time);
};

// a greater step is no error of a measurement: somebody set a clock
const correctedMs = 1_000;
