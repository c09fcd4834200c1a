import { BSON, type ClientSession, type Document, type Long, MongoServerError, type ResumeToken } from 'mongodb';
import { decodeEvent } from './decode-event.ts';
import type { AggregatorDocument, StoredEvent } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { positionOf } from './position.ts';
import { decodeAt, findValue, isTextAt } from './raw-document.ts';
import type { Heartbeat } from './watched.ts';

// The driver's own change stream returns one change per promise. These commands return the changes of a reply as bytes:
// a read costs the same, however many changes it brings.

/** An open change stream: its cursor on the server, the session of the cursor, and its first batch. */
export type Stream = { cursor: Long; session: ClientSession; first: Batch };

/** The changes of one reply, as bytes, and the token to resume after them, unless the server sent none. */
export type Batch = { changes: readonly Buffer[]; token: ResumeToken | undefined };

export type Change =
  | { kind: 'event'; event: StoredEvent }
  | { kind: 'heartbeat'; heartbeat: Heartbeat }
  | { kind: 'other' };

const batchMax = 1_000;
// a cursor's id must go back as the long that it is, also if a number could hold it: `promoteLongs: false`

/** Opens a change stream of the database with these stages. It starts after `from`, or now if `from` is undefined. */
export const openStream = async (
  log: Log,
  stages: readonly Document[],
  from: ResumeToken | undefined,
): Promise<Stream> => {
  const { client, db } = handlesOf(log);
  const session = client.startSession({ causalConsistency: false });
  const command = {
    aggregate: 1,
    pipeline: [{ $changeStream: from ? { resumeAfter: from } : {} }, ...stages],
    cursor: { batchSize: batchMax },
    readConcern: { level: 'majority' },
  };
  try {
    const { cursor } = await db.command(command, { session, promoteLongs: false, fieldsAsRaw: { firstBatch: true } });
    return { cursor: cursor.id, session, first: batchOf(cursor.firstBatch, cursor.postBatchResumeToken) };
  } catch (error) {
    void session.endSession().catch(() => undefined);
    throw error;
  }
};

/** Reads the next batch. Waits up to `awaitMs` milliseconds for a change. The batch is empty if none came. */
export const readBatch = async (log: Log, { cursor: id, session }: Stream, awaitMs: number): Promise<Batch> => {
  const command = { getMore: id, collection: ofDatabase, batchSize: batchMax, maxTimeMS: awaitMs };
  const { cursor } = await handlesOf(log).db.command(command, {
    session,
    promoteLongs: false,
    fieldsAsRaw: { nextBatch: true },
  });
  return batchOf(cursor.nextBatch, cursor.postBatchResumeToken);
};

/** Closes the stream. The server removes the cursor of a stream that cannot be closed after some minutes. */
export const closeStream = async (log: Log, { cursor, session }: Stream): Promise<void> => {
  await handlesOf(log)
    .db.command({ killCursors: ofDatabase, cursors: [cursor] }, { session })
    .finally(() => session.endSession());
};

const ofDatabase = '$cmd.aggregate'; // the collection that a cursor on a whole database belongs to

/** The stages for the inserts into `Events` of these partitions, or of all, and for all heartbeats. */
export const stagesOfPartitions = (partitions: readonly number[] | undefined): Document[] => {
  const ofThese = partitions ? { 'fullDocument.partition': { $in: [...partitions] } } : {};
  const events = { 'ns.coll': 'Events', operationType: 'insert', ...ofThese };
  const heartbeats = { 'ns.coll': 'Aggregators', operationType: { $in: ['insert', 'update'] } };
  return [
    { $match: { $or: [events, heartbeats] } },
    { $project: { operationType: 1, clusterTime: 1, documentKey: 1, fullDocument: 1, updateDescription: 1, ns: 1 } },
  ];
};

// the token of the reply serves only when there are no changes: it may belong to something later
const batchOf = (changes: readonly Buffer[], token: ResumeToken | undefined): Batch => {
  const last = changes.at(-1);
  return { changes, token: last ? tokenOf(last) : token };
};

/** The token of a change, to resume behind it. */
export const tokenOf = (change: Buffer): ResumeToken => decodeAt(change, findValue(change, 0, '_id', 'document'));

/** Parses a change of that stream. Of an event, nothing but the event is decoded. */
export const readChange = (change: Buffer): Change =>
  isEvent(change)
    ? { kind: 'event', event: decodeEvent(change, findValue(change, 0, 'fullDocument', 'document')) }
    : readHeartbeat(BSON.deserialize(change));

const isEvent = (change: Buffer): boolean => {
  const namespace = findValue(change, 0, 'ns', 'document');
  return (
    namespace >= 0 &&
    isTextAt(change, findValue(change, namespace, 'coll', 'text'), 'Events') &&
    isTextAt(change, findValue(change, 0, 'operationType', 'text'), 'insert')
  );
};

const readHeartbeat = (change: Document): Change => {
  if (change.operationType !== 'insert' && change.operationType !== 'update') return { kind: 'other' };
  const seen = (change.operationType === 'insert' ? change.fullDocument : change.updateDescription.updatedFields) as
    | Partial<AggregatorDocument>
    | undefined;
  // an update of an aggregator's document without a heartbeat
  if (!seen?.beat || !seen.heartbeatAt || !change.clusterTime) return { kind: 'other' };
  const aggregator = String(change.documentKey._id);
  const position = positionOf(change._id, change.clusterTime);
  return { kind: 'heartbeat', heartbeat: { aggregator, beat: seen.beat, at: seen.heartbeatAt, position } };
};

/** Whether the server reports that it no longer has the position after which the stream should resume. */
export const isLost = (error: unknown): boolean => error instanceof MongoServerError && lostCodes.has(error.code);

// 286 history lost · 280 fatal · 260 invalid token · 136 capped position lost · 40647 token not valid
const lostCodes = new Set<unknown>([286, 280, 260, 136, 40647]);
