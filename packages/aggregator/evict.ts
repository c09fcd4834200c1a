import type { Entity } from '@muster/model';
import type { Aggregator } from './aggregator.ts';
import { evictThings } from './table.ts';

/**
 * Takes states of entities with `keep` out of memory: those beyond the number to keep. The last changed ones stay, and
 * all whose record is older. What came after the last heartbeat stays, too: a change stream that is opened again brings
 * it again.
 */
export const evictKept = (aggregator: Aggregator): void => {
  const { entities, heart, keeps, metrics, settings, table } = aggregator;
  if (!keeps) return;
  const before = Math.min(performance.now() - settings.EVICT_AFTER_MS, heart.lastAt);
  for (const entity of entities.values()) {
    if (entity.keep === undefined) continue;
    const most = keptInOne(aggregator, entity);
    for (const partition of table.values())
      if (partition.served) metrics.evicted.inc(evictThings(partition, entity, most, before));
  }
};

/** How many states of an entity with `keep` stay in memory in each partition. */
export const keptInOne = ({ settings }: Aggregator, { keep = 0 }: Entity): number =>
  Math.ceil(keep / settings.PARTITIONS);
