import type { Entity } from '@muster/model';
import type { RecordDocument, StoredEvent } from './documents.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

const deadlineMs = 60_000; // no index leads to them

/** The first `limit` events that are in none of these partitions. Throws DeadlineError after a minute. */
export const readEventsOutside = (log: Log, partitions: readonly number[], limit: number): Promise<StoredEvent[]> => {
  const found = handlesOf(log).events.find(outside(partitions)).limit(limit);
  return withinDeadline(found.toArray(), deadlineMs, 'look for events outside all partitions');
};

/** The first `limit` records of an entity that are in none of these partitions. Throws DeadlineError after a minute. */
export const readRecordsOutside = (
  log: Log,
  entity: Entity,
  partitions: readonly number[],
  limit: number,
): Promise<RecordDocument[]> => {
  const found = recordsOf(log, entity).find(outside(partitions)).limit(limit);
  return withinDeadline(found.toArray(), deadlineMs, 'look for records outside all partitions');
};

const outside = (partitions: readonly number[]) => ({ partition: { $nin: [...partitions] } });
