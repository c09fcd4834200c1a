import { readCollectionId } from './collection-id.ts';
import { collectionOf, type LogGuard, type LogId, openLogGuard } from './log-guard.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** The id of the log that this process decides on; undefined where it is not guarded. */
export const logIdOf = (log: Log): LogId | undefined => handlesOf(log).guard.logId;

/** From now on appends are for this log alone. Returns whether this process decided on another one before. */
export const guardLog = (log: Log, logId: LogId): boolean => {
  const { guard } = handlesOf(log);
  const isAnother = guard.logId !== undefined && guard.logId !== logId;
  Object.assign(guard, { ...openLogGuard(), logId, prepared: guard.prepared + 1, proving: guard.proving });
  return isAnother;
};

/** This event is in the log. From now on a log without it is not the one that this process decides on. */
export const noteAppended = (log: Log, eventId: string): void => {
  handlesOf(log).guard.witness = eventId;
};

/** Whether the log is lost because events that were in it are missing, and not because it is another collection. */
export const isWitnessMissing = (log: Log): boolean => handlesOf(log).guard.isWitnessMissing;

/**
 * Takes the log that the settings name for the one that this process works on: for commands that only read. Throws
 * DeadlineError after `deadlineMs` milliseconds.
 */
export const guardStoredLog = async (log: Log, deadlineMs: number): Promise<void> => {
  const stored = await withinDeadline(
    handlesOf(log).settings.findOne({ _id: 'muster' }),
    deadlineMs,
    'read the settings',
  );
  if (stored?.log !== undefined) guardLog(log, stored.log);
};

/** Nothing is appended from now on, until `guardLog`. Returns whether that is news: it was not reported yet. */
export const loseLog = (log: Log): boolean => {
  const { guard } = handlesOf(log);
  const isNews = !guard.isReported;
  Object.assign(guard, { isLost: true, isReported: true });
  return isNews;
};

/**
 * Whether the log is still the one that this process decides on, by an answer of the database that is at most 50
 * milliseconds old; asks again if it is older. Once it is another one, or its unique index is missing, it is lost.
 * Concurrent calls share one question, and a proof of more than 20 milliseconds is renewed in the background, so that
 * nobody waits under load. Throws when the database does not answer within a second.
 */
export const proveLog = (log: Log): boolean | Promise<boolean> => {
  const { guard } = handlesOf(log);
  if (guard.isLost) return false;
  if (guard.logId === undefined) return true;
  const ageMs = performance.now() - guard.provenAt;
  if (ageMs < renewAfterMs) return true;
  const proving = renew(log, guard);
  if (ageMs > provenForMs) return proving;
  proving.catch(() => undefined); // who needs it next asks again
  return true;
};

/** An append is about to come: asks now whether the log is the same, so that the append need not wait for it. */
export const expectAppend = (log: Log): void => {
  const proof = proveLog(log);
  if (proof instanceof Promise) proof.catch(() => undefined); // the append asks again
};

/** For how long a proof counts, in milliseconds. */
export const provenForMs = 50;
const renewAfterMs = 20;

const renew = (log: Log, guard: LogGuard): Promise<boolean> => {
  guard.proving ??= prove(log, guard).finally(() => {
    guard.proving = undefined;
  });
  return guard.proving;
};

const proveWithinMs = 1_000;

const prove = async (log: Log, guard: LogGuard): Promise<boolean> => {
  const { prepared } = guard;
  const isThere = await isWitnessThere(log, guard);
  // a witness in the collection shows that it was neither dropped nor replaced, but not that its index is there
  const isInspectionDue = guard.witness === undefined || performance.now() - guard.inspectedAt > inspectEveryMs;
  const isSame = isThere && !isInspectionDue ? true : await isSameCollection(log, guard);
  if (guard.isLost || guard.prepared !== prepared) return false; // the guard moved on meanwhile
  guard.isLost = !isSame || !isThere;
  guard.isWitnessMissing = isSame && !isThere;
  if (!guard.isLost) guard.provenAt = performance.now();
  return !guard.isLost;
};

/** For how long a look at the collection's id and index counts, in milliseconds. */
export const inspectEveryMs = 100;

const isSameCollection = async (log: Log, guard: LogGuard): Promise<boolean> => {
  const collection = await readCollectionId(log, proveWithinMs);
  guard.inspectedAt = performance.now();
  return guard.logId !== undefined && collection === collectionOf(guard.logId);
};

// an older copy of the same collection, as after the database's files were put back, lacks what came last
const isWitnessThere = async (log: Log, { witness }: LogGuard): Promise<boolean> => {
  if (witness === undefined) return true;
  const found = handlesOf(log).events.findOne({ _id: witness }, { projection: { _id: 1 } });
  return (await withinDeadline(found, proveWithinMs, 'look for the newest event of this process')) !== null;
};
