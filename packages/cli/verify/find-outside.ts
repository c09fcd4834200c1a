import type { Entity } from '@muster/model';
import { type Log, readEventsOutside, readRecordsOutside } from '@muster/store';
import type { Difference } from './findings.ts';

const shownMax = 20;

/** Finds events and records that have no valid partition, so that no replica holds them. */
export const findOutside = async (log: Log, entities: readonly Entity[], partitions: number): Promise<Difference[]> => {
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const events = await readEventsOutside(log, numbers, shownMax);
  const differences = events.map((event) =>
    outside(`log, ${event.entity} "${event.entityId}", version ${event.version}`, partitions, event.partition),
  );
  for (const entity of entities) {
    const records = await readRecordsOutside(log, entity, numbers, shownMax);
    differences.push(
      ...records.map((record) =>
        outside(`${entity.collection}, ${entity.name} "${record._id}"`, partitions, record.partition),
      ),
    );
  }
  return differences;
};

const outside = (where: string, partitions: number, found: unknown): Difference => ({
  what: 'Something is in no partition',
  where,
  expected: `a partition from 0 to ${partitions - 1}`,
  found: JSON.stringify(found) ?? 'none',
});
