import type { Entity } from '@muster/model';
import type { RecordDocument, StoredEvent } from './documents.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

const deadlineMs = 60_000; // no index supports these queries

/** Returns at most `limit` events that belong to none of these partitions. Throws DeadlineError after 60 seconds. */
export const readEventsOutside = (log: Log, partitions: readonly number[], limit: number): Promise<StoredEvent[]> => {
  const found = handlesOf(log).events.find(outside(partitions)).limit(limit);
  return withinDeadline(found.toArray(), deadlineMs, 'find events outside all partitions');
};

/**
 * Returns at most `limit` records of an entity that belong to none of these partitions. Throws DeadlineError after 60
 * seconds.
 */
export const readRecordsOutside = (
  log: Log,
  entity: Entity,
  partitions: readonly number[],
  limit: number,
): Promise<RecordDocument[]> => {
  const found = recordsOf(log, entity).find(outside(partitions)).limit(limit);
  return withinDeadline(found.toArray(), deadlineMs, 'find records outside all partitions');
};

const outside = (partitions: readonly number[]) => ({ partition: { $nin: [...partitions] } });
