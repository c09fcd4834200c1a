import type { AggregatorDocument } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** What an aggregator says of itself; the database adds when. */
export type OwnDocument = Omit<AggregatorDocument, 'heartbeatAt' | 'steadySince'>;

/**
 * Takes the name, with a first heartbeat: whoever had it before, an earlier start or another process, finds at its next
 * one that it has it no longer.
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
 * Renews an aggregator's lease with a heartbeat on the database's clock, which comes back through every change stream.
 * `anew` when there was a gap. False, and nothing is changed, when the name is no longer this incarnation's.
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

/** Removes this incarnation's document, so that no process waits for its lease. */
export const leaveMembers = async (
  log: Log,
  { _id, incarnation }: Pick<AggregatorDocument, '_id' | 'incarnation'>,
  deadlineMs: number,
): Promise<void> => {
  await withinDeadline(handlesOf(log).aggregators.deleteOne({ _id, incarnation }), deadlineMs, `leave as ${_id}`);
};

/** All aggregators that have a document, fresh or not. */
export const listMembers = (log: Log, deadlineMs: number): Promise<AggregatorDocument[]> =>
  withinDeadline(handlesOf(log).aggregators.find().toArray(), deadlineMs, 'list the aggregators');

// in a pipeline a string that begins with $ would be read as a path
const literals = (fields: object) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { $literal: value }]));
