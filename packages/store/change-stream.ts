import { type ChangeStream, type ChangeStreamDocument, MongoServerError, type ResumeToken } from 'mongodb';
import type { AggregatorDocument, StoredEvent } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { positionOf } from './position.ts';
import type { Watched } from './watched.ts';

/**
 * Opens a change stream of the inserts into `Events` of these partitions and of all heartbeats. It starts after `from`,
 * or now if `from` is undefined. Each read waits up to `awaitMs` milliseconds for a change.
 */
export const openStream = (
  log: Log,
  partitions: readonly number[],
  from: ResumeToken | undefined,
  awaitMs: number,
): ChangeStream => {
  const events = { 'ns.coll': 'Events', operationType: 'insert', 'fullDocument.partition': { $in: [...partitions] } };
  const heartbeats = { 'ns.coll': 'Aggregators', operationType: { $in: ['insert', 'update'] } };
  const stages = [
    { $match: { $or: [events, heartbeats] } },
    { $project: { operationType: 1, clusterTime: 1, documentKey: 1, fullDocument: 1, updateDescription: 1, ns: 1 } },
  ];
  const options = { maxAwaitTimeMS: awaitMs, batchSize: 1_000, ...(from ? { resumeAfter: from } : {}) };
  return handlesOf(log).db.watch(stages, options);
};

/** Parses a change of that stream: an event, a heartbeat, or `quiet` for any other change. */
export const readChange = (change: ChangeStreamDocument): Watched => {
  if (change.operationType === 'insert' && change.ns.coll === 'Events')
    return { kind: 'event', event: change.fullDocument as StoredEvent };
  if (change.operationType !== 'insert' && change.operationType !== 'update') return { kind: 'quiet' };
  const seen = (change.operationType === 'insert' ? change.fullDocument : change.updateDescription.updatedFields) as
    | Partial<AggregatorDocument>
    | undefined;
  // an update of an aggregator's document without a heartbeat
  if (!seen?.beat || !seen.heartbeatAt || !change.clusterTime) return { kind: 'quiet' };
  const aggregator = String(change.documentKey._id);
  const position = positionOf(change._id, change.clusterTime);
  return { kind: 'heartbeat', heartbeat: { aggregator, beat: seen.beat, at: seen.heartbeatAt, position } };
};

/** Whether the server reports that it no longer has the position after which the stream should resume. */
export const isLost = (error: unknown): boolean => error instanceof MongoServerError && lostCodes.has(error.code);

// 286 history lost · 280 fatal · 260 invalid token · 136 capped position lost · 40647 token not valid
const lostCodes = new Set<unknown>([286, 280, 260, 136, 40647]);
