import { createHash } from 'node:crypto';
import type { SnapshotMark } from './documents.ts';
import { logIdOf } from './guard-log.ts';
import type { LogId } from './log-guard.ts';
import type { Log } from './open-log.ts';

/** The mark of a snapshot: the log that its states are of, who takes it, and its number there. Pure. */
export const markOf = (logId: LogId | undefined, incarnation: string, number: number): SnapshotMark =>
  `${logId === undefined ? '' : `${tagOf(logId)}-`}${incarnation}:${number}`;

/**
 * Whether what bears this mark was derived from the log that this process decides on. A snapshot that was under way
 * when the log was replaced may still be written after the records of the former log were removed: nobody reads it. An
 * earlier release's mark names no log and counts as of this one.
 */
export const isOfThisLog = (log: Log, mark: SnapshotMark): boolean => {
  const logId = logIdOf(log);
  return logId === undefined || !mark.includes('-') || mark.startsWith(`${tagOf(logId)}-`);
};

/**
 * As part of an update: whether the stored record bears the mark of another log than the record that is to replace it.
 * Then its version says nothing.
 */
export const isOfAnotherLog = (mark: SnapshotMark): object | false => {
  const [tag, ...rest] = mark.split('-');
  if (rest.length === 0) return false; // an earlier release's mark, or a log that is not guarded
  const found = { $ifNull: ['$snapshot', ''] };
  const namesLog = { $eq: [{ $substrBytes: [found, tagLength, 1] }, '-'] };
  return { $and: [namesLog, { $ne: [{ $substrBytes: [found, 0, tagLength] }, tag] }] };
};

const tagLength = 8;

const tagOf = (logId: LogId): string => createHash('sha256').update(logId).digest('hex').slice(0, tagLength);
