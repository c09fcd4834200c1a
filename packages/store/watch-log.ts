import { setTimeout as sleep } from 'node:timers/promises';
import { type ChangeStream, type ChangeStreamDocument, MongoServerError, type ResumeToken } from 'mongodb';
import type { AggregatorDocument, StoredEvent } from './documents.ts';
import type { Log } from './open-log.ts';
import { insidesOf, type Position, positionOf } from './position.ts';
import { withinDeadline } from './within-deadline.ts';

/** What the log's change stream says, in the log's order. */
export type Watched =
  | { kind: 'opened' } // from here on everything will be seen: a heartbeat written now comes back
  | { kind: 'event'; event: StoredEvent }
  | { kind: 'heartbeat'; heartbeat: Heartbeat }
  | { kind: 'quiet' } // nothing for a moment, which proves nothing
  | { kind: 'broken'; error: unknown } // it will be opened again where it was, after a pause
  | { kind: 'lost'; error: unknown }; // the server no longer knows the place: scan the log, then watch from a fresh one

/**
 * A heartbeat as it came back. Its position fits every set of partitions, since every watch lets heartbeats pass. `at`:
 * when it was written, on the database's clock.
 */
export type Heartbeat = { aggregator: string; beat: string; at: Date; position: Position };

export type WatchOptions = {
  partitions: readonly number[];
  from: Position | undefined; // undefined: from now
  signal: AbortSignal;
  pauseMs: (failures: number) => number; // before it is opened again
};

const awaitMs = 250;
const answerMs = 5_000; // beyond awaitMs: past this the server counts as gone
// a stream that was not read for so long is opened again after what was seen last: while nobody reads, the log may roll
// over its place, and where a cursor then goes on with what is left without a word (as one server here does), a token
// is refused
const unreadMaxMs = 1_000;

/**
 * Watches the inserts into `Events` of these partitions and all heartbeats, until `signal` aborts or the place is lost.
 * A broken stream is opened again after what was last seen. Ends after `lost`.
 */
export async function* watchLog(
  log: Log,
  { partitions, from, signal, pauseMs }: WatchOptions,
): AsyncGenerator<Watched> {
  let last: ResumeToken | undefined = from && insidesOf(from).token;
  for (let failures = 0, opens = 0; !signal.aborted; ) {
    if (opens > 0 && last === undefined && from === undefined)
      return yield { kind: 'lost', error: new Error('The change stream broke before it gave a token') };
    const stream = openStream(log, partitions, last);
    try {
      for (let opened = false, readAt = 0; !signal.aborted && (!opened || performance.now() - readAt < unreadMaxMs); ) {
        if (opened) readAt = performance.now();
        const change = await withinDeadline(stream.tryNext(), awaitMs + answerMs, 'read the change stream');
        failures = 0;
        last = change ? change._id : (stream.resumeToken ?? last);
        if (!opened) {
          opens += 1;
          readAt = performance.now(); // however long the opening took: what came with it is to be used
          yield { kind: 'opened' };
        }
        opened = true;
        yield change ? readChange(change) : { kind: 'quiet' };
      }
    } catch (error) {
      if (isLost(error)) return yield { kind: 'lost', error };
      yield { kind: 'broken', error };
      failures += 1;
      // called off while pausing: the loop ends
      await sleep(pauseMs(failures), undefined, { signal }).catch(() => undefined);
    } finally {
      void stream.close().catch(() => undefined); // not awaited: a server that is gone does not answer this either
    }
  }
}

const openStream = (log: Log, partitions: readonly number[], from: ResumeToken | undefined): ChangeStream => {
  const events = { 'ns.coll': 'Events', operationType: 'insert', 'fullDocument.partition': { $in: [...partitions] } };
  const heartbeats = { 'ns.coll': 'Aggregators', operationType: { $in: ['insert', 'update'] } };
  const stages = [
    { $match: { $or: [events, heartbeats] } },
    { $project: { operationType: 1, clusterTime: 1, documentKey: 1, fullDocument: 1, updateDescription: 1, ns: 1 } },
  ];
  return log.db.watch(stages, { maxAwaitTimeMS: awaitMs, batchSize: 1_000, ...(from ? { resumeAfter: from } : {}) });
};

const readChange = (change: ChangeStreamDocument): Watched => {
  if (change.operationType === 'insert' && change.ns.coll === 'Events')
    return { kind: 'event', event: change.fullDocument as StoredEvent };
  if (change.operationType !== 'insert' && change.operationType !== 'update') return { kind: 'quiet' };
  const seen = (change.operationType === 'insert' ? change.fullDocument : change.updateDescription.updatedFields) as
    | Partial<AggregatorDocument>
    | undefined;
  // an update that is no heartbeat
  if (!seen?.beat || !seen.heartbeatAt || !change.clusterTime) return { kind: 'quiet' };
  const aggregator = String(change.documentKey._id);
  return {
    kind: 'heartbeat',
    heartbeat: {
      aggregator,
      beat: seen.beat,
      at: seen.heartbeatAt,
      position: positionOf(change._id, change.clusterTime),
    },
  };
};

// 286 history lost · 280 fatal · 260 invalid token · 136 capped position lost · 40647 token not valid
const lostCodes = new Set<unknown>([286, 280, 260, 136, 40647]);
const isLost = (error: unknown) => error instanceof MongoServerError && lostCodes.has(error.code);
