import { type LogId, readLogId } from './log-id.ts';
import type { Log } from './open-log.ts';

/**
 * The log that this process decides on, and when it was last proven to be there. A plain value, changed in this file
 * only. While it is lost, nothing is proven and nothing may be appended.
 */
export type LogGuard = {
  logId: LogId | undefined; // undefined before the start
  isLost: boolean;
  provenAt: number;
  proving: Promise<boolean> | undefined;
};

export const openLogGuard = (): LogGuard => ({ logId: undefined, isLost: true, provenAt: 0, proving: undefined });

/** From now on appends are for this log. Returns whether this process decided on another one before. */
export const guardLog = (guard: LogGuard, logId: LogId): boolean => {
  const isAnother = guard.logId !== undefined && guard.logId !== logId;
  Object.assign(guard, { logId, isLost: false, provenAt: 0 });
  return isAnother;
};

/** Nothing is appended from now on, until `guardLog`. */
export const loseLog = (guard: LogGuard): void => {
  guard.isLost = true;
};

/**
 * Whether the log is still the one that this process decides on, as of at most 10 milliseconds ago; asks the database
 * if that is longer ago. Once it is another one, or its unique index is missing, it is lost. Concurrent calls share one
 * question. Throws when the database does not answer within a second.
 */
export const proveLog = (log: Log, guard: LogGuard): boolean | Promise<boolean> => {
  if (guard.isLost) return false;
  if (performance.now() - guard.provenAt < provenForMs) return true;
  guard.proving ??= prove(log, guard).finally(() => {
    guard.proving = undefined;
  });
  return guard.proving;
};

/** For how long an answer counts, in milliseconds: under load several batches share one question. */
export const provenForMs = 10;
const proveWithinMs = 1_000;

const prove = async (log: Log, guard: LogGuard): Promise<boolean> => {
  const expected = guard.logId;
  const askedAt = performance.now();
  const found = await readLogId(log, proveWithinMs);
  if (guard.isLost || guard.logId !== expected) return false; // the guard moved on meanwhile
  if (found === expected) guard.provenAt = askedAt;
  else guard.isLost = true;
  return !guard.isLost;
};
