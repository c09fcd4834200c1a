import type { Entity } from '@muster/model';
import type { Aggregator } from './aggregator.ts';
import { maySave } from './lifecycle.ts';
import { scanStart } from './scan-start.ts';
import { evictThings, forgetEvictedThings } from './table.ts';

/**
 * Takes states of entities with `keep` out of memory: those beyond the number to keep. The last changed ones stay, and
 * all whose record is older. What came after the last heartbeat stays, too: a change stream that is opened again brings
 * it again.
 */
export const evictKept = (aggregator: Aggregator): void => {
  const { course, entities, heart, keeps, metrics, settings, table } = aggregator;
  if (!keeps) return;
  const before = Math.min(performance.now() - settings.EVICT_AFTER_MS, heart.lastAt);
  // a scan leaves out what came earlier. While one runs, the last heartbeat says nothing of what was missed
  const whole = maySave(course.lifecycle) ? heart.last : undefined;
  const since = whole ? scanStart(whole.at, settings.SCAN_OVERLAP_MS).getTime() : Number.NEGATIVE_INFINITY;
  for (const entity of entities.values()) {
    if (entity.keep === undefined) continue;
    const most = keptInOne(aggregator, entity);
    for (const partition of table.values()) {
      if (!partition.served) continue;
      metrics.evicted.inc(evictThings(partition, entity, most, before));
      forgetEvictedThings(partition, entity, since);
    }
  }
};

/** How many states of an entity with `keep` stay in memory in each partition. */
export const keptInOne = ({ settings }: Aggregator, { keep = 0 }: Entity): number =>
  Math.ceil(keep / settings.PARTITIONS);
