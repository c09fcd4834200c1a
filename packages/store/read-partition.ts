import type { Entity } from '@muster/model';
import type { RecordDocument, StoredEvent } from './documents.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { isOfThisLog } from './snapshot-mark.ts';
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
  const filter = { partition: { $in: [...partitions] }, ...(since ? { at: { $gte: since } } : {}) };
  return batched(
    handlesOf(log).events.find(filter).sort({ partition: 1, at: 1 }).batchSize(2_000),
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
