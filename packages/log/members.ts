import type { AggregatorDocument } from './documents.ts';
import type { Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** Writes an aggregator's own document with a fresh heartbeat on the database's clock. It comes back through every change stream. */
export const beatHeart = async (log: Log, member: Omit<AggregatorDocument, 'heartbeatAt'>, deadlineMs: number): Promise<void> => {
  const { _id, ...fields } = member;
  const stages = [{ $set: { ...literals(fields), heartbeatAt: '$$NOW' } }];
  await withinDeadline(log.aggregators.updateOne({ _id }, stages, { upsert: true }), deadlineMs, `write the heartbeat of ${_id}`);
};

/** All aggregators that have a document, fresh or not. */
export const listMembers = (log: Log, deadlineMs: number): Promise<AggregatorDocument[]> =>
  withinDeadline(log.aggregators.find().toArray(), deadlineMs, 'list the aggregators');

// in a pipeline a string that begins with $ would be read as a path
const literals = (fields: object) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { $literal: value }]));
