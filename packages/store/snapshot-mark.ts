import { createHash } from 'node:crypto';
import type { SnapshotMark } from './documents.ts';
import { logIdOf } from './guard-log.ts';
import type { LogId } from './log-guard.ts';
import type { Log } from './open-log.ts';
import { isText } from './raw-document.ts';

/** Returns a snapshot's mark from its log, the incarnation that takes it, and its number there. Pure. */
export const markOf = (logId: LogId | undefined, incarnation: string, number: number): SnapshotMark =>
  `${logId === undefined ? '' : `${tagOf(logId)}-`}${incarnation}:${number}`;

/**
 * Whether a record or checkpoint with this mark was derived from the log that this process decides on. A snapshot of a
 * former log may still be written after that log's records were removed. Its records must be ignored. Marks of earlier
 * releases name no log, and count as marks of the current log.
 */
export const isOfThisLog = (log: Log, mark: SnapshotMark): boolean => {
  const logId = logIdOf(log);
  return logId === undefined || !mark.includes('-') || mark.startsWith(`${tagOf(logId)}-`);
};

/**
 * Returns the same test for marks in their stored form: the bytes between two places. It is for many marks at once,
 * because it derives the log's part of a mark only once.
 */
export const markTestOf = (log: Log): ((bytes: Buffer, from: number, end: number) => boolean) => {
  const logId = logIdOf(log);
  if (logId === undefined) return () => true;
  const prefix = `${tagOf(logId)}-`;
  return (bytes, from, end) =>
    isText(bytes, from, Math.min(end, from + prefix.length), prefix) || !includesDash(bytes, from, end);
};

const includesDash = (bytes: Buffer, from: number, end: number): boolean => {
  const at = bytes.indexOf('-', from);
  return at >= 0 && at < end;
};

/**
 * Returns an expression for an update: whether the stored record belongs to another log than the record that replaces
 * it. Then its version means nothing.
 */
export const isOfAnotherLog = (mark: SnapshotMark): object | false => {
  const [tag, ...rest] = mark.split('-');
  if (rest.length === 0) return false; // the mark of an earlier release, or of a log that is not guarded
  const found = { $ifNull: ['$snapshot', ''] };
  const namesLog = { $eq: [{ $substrBytes: [found, tagLength, 1] }, '-'] };
  return { $and: [namesLog, { $ne: [{ $substrBytes: [found, 0, tagLength] }, tag] }] };
};

const tagLength = 8;

const tagOf = (logId: LogId): string => createHash('sha256').update(logId).digest('hex').slice(0, tagLength);
