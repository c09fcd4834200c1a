import type { Entity } from '@muster/model';
import type { RecordDocument, StoredEvent } from './documents.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { isOfThisLog } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * The events of these partitions whose `at` is not before `since` (all of them where it is undefined), streamed roughly
 * in order of time. `at` only narrows the scan: what counts is the version. Each batch must come within `batchMs`
 * milliseconds.
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

/** The records of an entity in these partitions, streamed. Each batch must come within `batchMs` milliseconds. */
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

/** How many events a partition has in the log. */
export const countEvents = (log: Log, partition: number, deadlineMs: number): Promise<number> =>
  withinDeadline(
    handlesOf(log).events.countDocuments({ partition }),
    deadlineMs,
    `count the events of partition ${partition}`,
  );

/** The last version of each stream of a partition in the log, streamed. */
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
