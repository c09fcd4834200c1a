import type { Entity, State } from '@muster/model';
import { decodeEvent } from './decode-event.ts';
import type { RecordDocument, StoredEvent } from './documents.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { emptyScratch, openScratch } from './packed-fields.ts';
import { isPackable, type Packed, packRecord } from './packed-state.ts';
import { decodeAt, findValue } from './raw-document.ts';
import { readRaw } from './read-raw.ts';
import { stateOf } from './records.ts';
import { isOfThisLog, markTestOf } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * Streams the events of these partitions whose `at` is not before `since`, roughly in order of time. Streams all events
 * when `since` is undefined. `at` only narrows the scan; versions give the order. Throws DeadlineError when a batch
 * takes longer than `batchMs` milliseconds.
 */
export const scanEvents = (
  log: Log,
  partitions: readonly number[],
  since: Date | undefined,
  batchMs = 15_000,
): AsyncGenerator<StoredEvent> => {
  return batched(
    handlesOf(log).events.find(eventsSince(partitions, since)).sort({ partition: 1, at: 1 }).batchSize(2_000),
    batchMs,
    'scan the events',
  );
};

/**
 * Streams the records of an entity in these partitions. Throws DeadlineError when a batch takes longer than `batchMs`
 * milliseconds.
 */
export async function* scanRecords(
  log: Log,
  entity: Entity,
  partitions: readonly number[],
  batchMs = 15_000,
): AsyncGenerator<RecordDocument> {
  const found = recordsOf(log, entity).find({ partition: { $in: [...partitions] } });
  for await (const record of batched(found.batchSize(2_000), batchMs, `read the records of ${entity.name}`))
    if (isOfThisLog(log, record.snapshot)) yield record;
}

/** A saved state. That of a usual record is packed. */
export type SavedState = { partition: number; version: number } & ({ packed: Packed } | { id: string; state: State });

/**
 * Streams the saved states of an entity in these partitions, in batches. `ofPartitions` is the number of all
 * partitions. The packed states of a batch are overwritten by the next one. Throws DeadlineError when a batch takes
 * longer than `batchMs` milliseconds.
 */
export async function* scanStates(
  log: Log,
  entity: Entity,
  partitions: readonly number[],
  ofPartitions: number,
  batchMs = 15_000,
): AsyncGenerator<SavedState[]> {
  const scratch = openScratch();
  const filter = areMany(partitions, ofPartitions) ? {} : { partition: { $in: [...partitions] } };
  const read = { collection: entity.collection, filter, batchMs, what: `read the records of ${entity.name}` };
  for await (const records of readRaw(log, read)) {
    const wanted = { entity, partitions: new Set(partitions), isOwnMark: markTestOf(log) };
    emptyScratch(scratch);
    const states: SavedState[] = [];
    for (const record of records) {
      const packed = isPackable(entity) ? packRecord(scratch, record, wanted) : 'unusual';
      if (packed === 'unwanted') continue;
      const saved = packed === 'unusual' ? decodeRecord(log, entity, record) : packed;
      if (saved && wanted.partitions.has(saved.partition)) states.push(saved);
    }
    yield states;
  }
}

const decodeRecord = (log: Log, entity: Entity, bytes: Buffer): SavedState | undefined => {
  const record = decodeAt(bytes, 0) as RecordDocument;
  if (!isOfThisLog(log, record.snapshot)) return undefined;
  const state = stateOf(entity, record);
  return { id: record._id, partition: record.partition, version: state.version, state };
};

/**
 * Streams the events of these partitions as `scanEvents` does, in batches. `ofPartitions` is the number of all
 * partitions.
 */
export async function* scanEventBatches(
  log: Log,
  partitions: readonly number[],
  ofPartitions: number,
  since: Date | undefined,
  batchMs = 15_000,
): AsyncGenerator<StoredEvent[]> {
  const isWanted = new Set(partitions);
  // all events in the order of insertion, which is roughly that of time
  const isWhole = since === undefined && areMany(partitions, ofPartitions);
  const query = isWhole ? { filter: {} } : { filter: eventsSince(partitions, since), sort: { partition: 1, at: 1 } };
  const read = { collection: 'Events', ...query, batchMs, what: 'scan the events' };
  for await (const found of readRaw(log, read)) {
    const wanted = isWhole ? found.filter((event) => isWanted.has(partitionOf(event))) : found;
    yield wanted.map((event) => decodeEvent(event, 0));
  }
}

const partitionOf = (event: Buffer): number => {
  const at = findValue(event, 0, 'partition', 'int');
  return at < 0 ? (decodeAt(event, 0) as StoredEvent).partition : event.readInt32LE(at);
};

// a server reads a whole collection in about a quarter of the time that it takes by an index
const areMany = (partitions: readonly number[], ofPartitions: number) => partitions.length * 3 >= ofPartitions;

const eventsSince = (partitions: readonly number[], since: Date | undefined) => ({
  partition: { $in: [...partitions] },
  ...(since ? { at: { $gte: since } } : {}),
});

/** Returns the number of events of a partition. Throws DeadlineError after `deadlineMs` milliseconds. */
export const countEvents = (log: Log, partition: number, deadlineMs: number): Promise<number> =>
  withinDeadline(
    handlesOf(log).events.countDocuments({ partition }),
    deadlineMs,
    `count the events of partition ${partition}`,
  );

/**
 * Streams the last version of each stream of a partition. Throws DeadlineError when a batch takes longer than `batchMs`
 * milliseconds.
 */
export const scanLastVersions = (
  log: Log,
  partition: number,
  batchMs = 15_000,
): AsyncGenerator<{ _id: { entity: string; entityId: string }; version: number }> => {
  const stages = [
    { $match: { partition } },
    { $group: { _id: { entity: '$entity', entityId: '$entityId' }, version: { $max: '$version' } } },
  ];
  return batched(
    handlesOf(log).events.aggregate<{ _id: { entity: string; entityId: string }; version: number }>(stages),
    batchMs,
    'read the last versions',
  );
};

type Cursor<T> = { hasNext(): Promise<boolean>; readBufferedDocuments(): T[]; close(): Promise<void> };

async function* batched<T>(cursor: Cursor<T>, batchMs: number, what: string): AsyncGenerator<T> {
  try {
    while (await withinDeadline(cursor.hasNext(), batchMs, what)) yield* cursor.readBufferedDocuments();
  } finally {
    void cursor.close().catch(() => undefined);
  }
}
