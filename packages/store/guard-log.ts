import { readCollectionId } from './collection-id.ts';
import { collectionOf, type LogGuard, type LogId, openLogGuard } from './log-guard.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** The id of the log that this process decides on. Undefined when the log is not guarded. */
export const logIdOf = (log: Log): LogId | undefined => handlesOf(log).guard.logId;

/** Allows appends to this log only. Returns whether this process decided on another log before. */
export const guardLog = (log: Log, logId: LogId): boolean => {
  const { guard } = handlesOf(log);
  const isAnother = guard.logId !== undefined && guard.logId !== logId;
  Object.assign(guard, { ...openLogGuard(), logId, prepared: guard.prepared + 1, proving: guard.proving });
  return isAnother;
};

/** Records that this event is in the log. A log without it then counts as another log. */
export const noteAppended = (log: Log, eventId: string): void => {
  handlesOf(log).guard.witness = eventId;
};

/** Whether the log is lost because events are missing from it, and not because it is another collection. */
export const isWitnessMissing = (log: Log): boolean => handlesOf(log).guard.isWitnessMissing;

/**
 * Guards the log that the stored settings name. For commands that only read. Throws DeadlineError after `deadlineMs`
 * milliseconds.
 */
export const guardStoredLog = async (log: Log, deadlineMs: number): Promise<void> => {
  const stored = await withinDeadline(
    handlesOf(log).settings.findOne({ _id: 'muster' }),
    deadlineMs,
    'read the settings',
  );
  if (stored?.log !== undefined) guardLog(log, stored.log);
};

/**
 * Refuses all appends until the next `guardLog`. Returns true at the first call, and false when the loss was reported
 * before.
 */
export const loseLog = (log: Log): boolean => {
  const { guard } = handlesOf(log);
  const isNews = !guard.isReported;
  Object.assign(guard, { isLost: true, isReported: true });
  return isNews;
};

/**
 * Whether the log is still the one that this process decides on. It counts as lost when it is another collection, or
 * when its unique index or the newest event of this process is missing.
 * An answer from the database counts for 50 milliseconds. After 20 milliseconds it is renewed in the background, so
 * that appends do not wait under load. Concurrent calls share one query. Rejects when the database does not answer
 * within a second.
 */
export const proveLog = (log: Log): boolean | Promise<boolean> => {
  const { guard } = handlesOf(log);
  if (guard.isLost) return false;
  if (guard.logId === undefined) return true;
  const ageMs = performance.now() - guard.provenAt;
  if (ageMs < renewAfterMs) return true;
  const proving = renew(log, guard);
  if (ageMs > provenForMs) return proving;
  proving.catch(() => undefined); // the next call that needs the proof starts a new one
  return true;
};

/** Starts a proof before an append, so that the append does not wait for it. */
export const expectAppend = (log: Log): void => {
  const proof = proveLog(log);
  if (proof instanceof Promise) proof.catch(() => undefined); // the append starts a new proof
};

/** How long a proof is valid, in milliseconds. */
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
  // The witness shows that the collection was neither dropped nor replaced. It does not show that the index exists.
  const isInspectionDue = guard.witness === undefined || performance.now() - guard.inspectedAt > inspectEveryMs;
  const inspecting = isInspectionDue ? isSameCollection(log, guard) : undefined;
  const [isThere, found] = await Promise.all([isWitnessThere(log, guard), inspecting]);
  const isSame = found ?? (isThere || (await isSameCollection(log, guard)));
  if (guard.isLost || guard.prepared !== prepared) return false; // the guard changed during the proof
  guard.isLost = !isSame || !isThere;
  guard.isWitnessMissing = isSame && !isThere;
  if (!guard.isLost) guard.provenAt = performance.now();
  return !guard.isLost;
};

/** How long an inspection of the collection's id and index is valid, in milliseconds. */
export const inspectEveryMs = 100;

const isSameCollection = async (log: Log, guard: LogGuard): Promise<boolean> => {
  const collection = await readCollectionId(log, proveWithinMs);
  guard.inspectedAt = performance.now();
  return guard.logId !== undefined && collection === collectionOf(guard.logId);
};

// An older copy of the same collection lacks the newest events, for example after a restore of the database's files.
const isWitnessThere = async (log: Log, { witness }: LogGuard): Promise<boolean> => {
  if (witness === undefined) return true;
  const found = handlesOf(log).events.findOne({ _id: witness }, { projection: { _id: 1 } });
  return (await withinDeadline(found, proveWithinMs, 'find the newest event of this process')) !== null;
};
