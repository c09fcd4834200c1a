import type { AggregatorDocument } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** An aggregator's document as it writes it. The database adds the times. */
export type OwnDocument = Omit<AggregatorDocument, 'heartbeatAt' | 'steadySince'>;

/**
 * Claims the name and writes a first heartbeat. An earlier owner of the name, such as a former start or another
 * process, learns at its next heartbeat that it lost the name. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const joinMembers = async (log: Log, member: OwnDocument, deadlineMs: number): Promise<void> => {
  const { _id, ...fields } = member;
  const stages = [{ $replaceWith: { _id: '$_id', ...literals(fields), heartbeatAt: '$$NOW', steadySince: '$$NOW' } }];
  await withinDeadline(
    handlesOf(log).aggregators.updateOne({ _id }, stages, { upsert: true }),
    deadlineMs,
    `join as ${_id}`,
  );
};

/**
 * Renews an aggregator's lease with a heartbeat at the database's time. The heartbeat appears in every change stream.
 * Set `anew` when the lease had expired. Returns false, and changes nothing, when another incarnation has the name.
 * Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const beatHeart = async (log: Log, member: OwnDocument, anew: boolean, deadlineMs: number): Promise<boolean> => {
  const { _id, incarnation, ...fields } = member;
  const stages = [{ $set: { ...literals(fields), heartbeatAt: '$$NOW', ...(anew ? { steadySince: '$$NOW' } : {}) } }];
  const { matchedCount } = await withinDeadline(
    handlesOf(log).aggregators.updateOne({ _id, incarnation }, stages),
    deadlineMs,
    `write the heartbeat of ${_id}`,
  );
  return matchedCount > 0;
};

/**
 * Removes this incarnation's document, so that no process waits until its lease expires. Throws DeadlineError after
 * `deadlineMs` milliseconds.
 */
export const leaveMembers = async (
  log: Log,
  { _id, incarnation }: Pick<AggregatorDocument, '_id' | 'incarnation'>,
  deadlineMs: number,
): Promise<void> => {
  await withinDeadline(handlesOf(log).aggregators.deleteOne({ _id, incarnation }), deadlineMs, `leave as ${_id}`);
};

/**
 * Returns the documents of all aggregators, also those with an expired lease. Throws DeadlineError after `deadlineMs`
 * milliseconds.
 */
export const listMembers = (log: Log, deadlineMs: number): Promise<AggregatorDocument[]> =>
  withinDeadline(handlesOf(log).aggregators.find().toArray(), deadlineMs, 'list the aggregators');

// a pipeline would read a string that begins with $ as a path
const literals = (fields: object) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { $literal: value }]));
