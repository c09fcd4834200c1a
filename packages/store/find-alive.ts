import type { Entity } from '@muster/model';
import { readCheckpoints } from './checkpoints.ts';
import { decodeEvent } from './decode-event.ts';
import type { RecordDocument, StoredEvent } from './documents.ts';
import type { Log } from './open-log.ts';
import { decodeAt, findValue, intAt, isTextAt, readMs } from './raw-document.ts';
import { loadPast } from './read-past.ts';
import { type RawRead, readRaw } from './read-raw.ts';
import { markTestOf } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

/** How much a search may read: records and events (documents), things whose events are folded, and milliseconds. */
export type AliveLimits = {
  recordsMax: number;
  eventsMax: number;
  changedMax: number;
  foldedMax: number;
  deadlineMs: number;
};

/** `tooMuch`: `why` says which limit was reached, and `instead` what to ask. */
export type Found = { kind: 'found' } | TooMuch;
export type TooMuch = { kind: 'tooMuch'; why: string; instead: string };

/**
 * Finds the things of an entity in these partitions that were active at a time, and calls `take` for each, in no order.
 * A record says since when, and until when, its thing was active. Events that the records may lack are those since the
 * checkpoints: their streams are judged by their versions, and folded if the record is older. `ofPartitions` is the
 * number of all partitions. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const findAlive = async (
  log: Log,
  entity: Entity,
  { partitions, ofPartitions, at }: { partitions: readonly number[]; ofPartitions: number; at: Date },
  limits: AliveLimits,
  take: (partition: number, id: string) => void,
): Promise<Found> => {
  const time = at.getTime();
  const untilMs = performance.now() + limits.deadlineMs;
  const leftMs = () => untilMs - performance.now();
  const tail = await readTail(log, entity, partitions, at, limits.eventsMax, leftMs);
  if (!tail) return tooMuch(`over ${limits.eventsMax} events are newer than the snapshot`, earlier);
  const filter = partitions.length === ofPartitions ? {} : { partition: { $in: [...partitions] } };
  const read = { collection: entity.collection, filter, what: `scan the records of ${entity.name}` };
  const isOwnMark = markTestOf(log);
  let scanned = 0;
  for await (const batch of batchesOf(log, read, leftMs)) {
    scanned += batch.length;
    if (scanned > limits.recordsMax) return tooMuch(`there are over ${limits.recordsMax} ${entity.name}s`, inDatabase);
    for (const bytes of batch) {
      const { id, version, partition, createdAt, deletedAt, mark } = partsOf(bytes);
      if (!isOwnMark(...mark) || version < (tail.get(id)?.version ?? 0)) continue;
      tail.delete(id);
      if (createdAt <= time && deletedAt > time) take(partition, id);
    }
  }
  // now the tail has only streams whose record is missing or older
  if (tail.size > limits.changedMax)
    return tooMuch(`over ${limits.changedMax} ${entity.name}s are not saved yet`, earlier);
  for (const [id, { partition }] of tail) {
    const past = await loadPast(log, entity, id, { at }, { foldedMax: limits.foldedMax, deadlineMs: leftMs() });
    if (past.kind === 'tooLong') return tooMuch(`${entity.name} "${id}" has over ${limits.foldedMax} events`, earlier);
    if (past.kind === 'state' && past.state.status === 'active') take(partition, id);
  }
  return { kind: 'found' };
};

const tooMuch = (why: string, instead: string): TooMuch => ({ kind: 'tooMuch', why, instead });

const earlier = 'ask for an earlier time, which the snapshot of the aggregators includes';
const inDatabase = 'ask the database, by the times in the records';

/** The parts of a record that say when its thing was active. Times are in ms. `mark` is between two places. */
type RecordParts = {
  id: string;
  version: number;
  partition: number;
  createdAt: number;
  deletedAt: number;
  mark: [bytes: Buffer, from: number, end: number];
};

/** Reads the parts of a record in its stored form. To decode all its fields takes ten times as long. */
const partsOf = (bytes: Buffer): RecordParts => {
  const id = findValue(bytes, 0, '_id', 'text');
  const version = findValue(bytes, 0, 'version', 'int');
  const partition = findValue(bytes, 0, 'partition', 'int');
  const mark = findValue(bytes, 0, 'snapshot', 'text');
  const createdAt = findValue(bytes, 0, 'createdAt', 'date');
  if (Math.min(id, version, partition, mark, createdAt) < 0)
    return partsOfDecoded(decodeAt(bytes, 0) as RecordDocument);
  const deletedAt = findValue(bytes, 0, 'deletedAt', 'date');
  return {
    id: bytes.toString('utf8', id + 4, id + 3 + intAt(bytes, id)),
    version: intAt(bytes, version),
    partition: intAt(bytes, partition),
    createdAt: readMs(bytes, createdAt),
    deletedAt: deletedAt < 0 ? Number.POSITIVE_INFINITY : readMs(bytes, deletedAt),
    mark: [bytes, mark + 4, mark + 3 + intAt(bytes, mark)],
  };
};

/** The same for a record with an unusual value. */
const partsOfDecoded = ({ _id, version, partition, createdAt, deletedAt, snapshot }: RecordDocument): RecordParts => ({
  ...{ id: _id, version, partition, createdAt: createdAt.getTime() },
  deletedAt: deletedAt?.getTime() ?? Number.POSITIVE_INFINITY,
  mark: [Buffer.from(snapshot), 0, Buffer.byteLength(snapshot)],
});

/** The newest event of a stream up to a time. */
type Last = { partition: number; version: number };

/**
 * Returns the newest event up to `at` of each stream that the records may lack: of those with an event since the
 * partition's checkpoint. Undefined if there are more than `most` such events.
 */
const readTail = async (
  log: Log,
  entity: Entity,
  partitions: readonly number[],
  at: Date,
  most: number,
  leftMs: () => number,
): Promise<Map<string, Last> | undefined> => {
  const checkpoints = await readCheckpoints(log, partitions, leftMs()); // before the records, always
  const saved = partitions.filter((partition) => checkpoints.has(partition));
  const reached = saved.map((partition) => (checkpoints.get(partition)?.at.getTime() ?? 0) - overlapMs);
  const since = new Date(Math.min(...reached));
  const tail = new Map<string, Last>();
  let scanned = 0;
  for (const [numbers, time] of [
    [partitions.filter((partition) => !checkpoints.has(partition)), { $lte: at }],
    [saved, { $gte: since, $lte: at }],
  ] as const) {
    if (numbers.length === 0 || (numbers === saved && since > at)) continue;
    const filter = { partition: { $in: [...numbers] }, at: time };
    const read = { collection: 'Events', filter, sort: { partition: 1, at: 1 }, what: 'scan the newest events' };
    for await (const batch of batchesOf(log, read, leftMs)) {
      scanned += batch.length;
      if (scanned > most) return undefined;
      for (const bytes of batch)
        if (isTextAt(bytes, findValue(bytes, 0, 'entity', 'text'), entity.name)) noteLast(tail, decodeEvent(bytes, 0));
    }
  }
  return tail;
};

// an event may be stored some time after the moment that it names, and clocks differ
const overlapMs = 60_000;

const noteLast = (tail: Map<string, Last>, { entityId, partition, version }: StoredEvent) => {
  if (version > (tail.get(entityId)?.version ?? 0)) tail.set(entityId, { partition, version });
};

/** Streams documents in their stored form, in batches. Throws DeadlineError when no time is left. */
async function* batchesOf(
  log: Log,
  read: Omit<RawRead, 'batchMs'>,
  leftMs: () => number,
): AsyncGenerator<readonly Buffer[]> {
  const batches = readRaw(log, { ...read, batchMs: leftMs() });
  try {
    for (;;) {
      const { done, value } = await withinDeadline(batches.next(), leftMs(), read.what);
      if (done) return;
      yield value;
    }
  } finally {
    void batches.return(undefined).catch(() => undefined);
  }
}
