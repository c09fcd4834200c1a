import type { SnapshotMark } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';

/** The mark of a snapshot of the log that this process decides on, by who takes it and its number there. */
export const markOf = (log: Log, incarnation: string, number: number): SnapshotMark => {
  const { tag } = handlesOf(log).guard;
  return `${tag === '' ? '' : `${tag}-`}${incarnation}:${number}`;
};

/**
 * Whether what bears this mark was derived from the log that this process decides on. A snapshot that was under way when
 * the log was replaced may still be written after the records of the former log were removed: nobody reads it. An
 * earlier release's mark names no log and counts as of this one.
 */
export const isOfThisLog = (log: Log, mark: SnapshotMark): boolean => {
  const { tag } = handlesOf(log).guard;
  return tag === '' || !mark.includes('-') || mark.startsWith(`${tag}-`);
};
