import { type ChangeStream, type ChangeStreamDocument, MongoServerError, type ResumeToken } from 'mongodb';
import type { AggregatorDocument, StoredEvent } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { positionOf } from './position.ts';
import type { Watched } from './watched.ts';

/**
 * A change stream of the inserts into `Events` of these partitions and of all heartbeats, after `from`, or from now on.
 * A read waits `awaitMs` milliseconds for a change.
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

/** What a change of that stream says: an event, a heartbeat, or nothing that counts. */
export const readChange = (change: ChangeStreamDocument): Watched => {
  if (change.operationType === 'insert' && change.ns.coll === 'Events')
    return { kind: 'event', event: change.fullDocument as StoredEvent };
  if (change.operationType !== 'insert' && change.operationType !== 'update') return { kind: 'quiet' };
  const seen = (change.operationType === 'insert' ? change.fullDocument : change.updateDescription.updatedFields) as
    | Partial<AggregatorDocument>
    | undefined;
  // an update that is no heartbeat
  if (!seen?.beat || !seen.heartbeatAt || !change.clusterTime) return { kind: 'quiet' };
  const aggregator = String(change.documentKey._id);
  const position = positionOf(change._id, change.clusterTime);
  return { kind: 'heartbeat', heartbeat: { aggregator, beat: seen.beat, at: seen.heartbeatAt, position } };
};

/** Whether the server says that it no longer knows the place after which the stream was to go on. */
export const isLost = (error: unknown): boolean => error instanceof MongoServerError && lostCodes.has(error.code);

// 286 history lost · 280 fatal · 260 invalid token · 136 capped position lost · 40647 token not valid
const lostCodes = new Set<unknown>([286, 280, 260, 136, 40647]);
