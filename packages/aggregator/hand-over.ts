import { replicasOf, ringOf } from '@muster/placement';
import { pause } from '@muster/runtime';
import type { Aggregator } from './aggregator.ts';
import { beat, isFresh, others, refreshRoster } from './membership.ts';
import { markOwned } from './rebalance.ts';

const refreshEveryMs = 100;

/**
 * Stops being one that partitions are given to, and goes on serving until others serve all that this one does, or
 * nobody is left to, or `HANDOVER_MS` milliseconds have passed. Never throws.
 */
export const handOver = async (aggregator: Aggregator): Promise<void> => {
  const { logger, progress, settings } = aggregator;
  const startedAt = performance.now();
  progress.state = 'leaving';
  await beat(aggregator).catch(() => undefined);
  for (const until = startedAt + settings.HANDOVER_MS; performance.now() < until; await pause(refreshEveryMs)) {
    if (
      await refreshRoster(aggregator)
        .then(() => isHandedOver(aggregator))
        .catch(() => true)
    )
      break; // without the database there is nothing to wait for
  }
  markOwned(aggregator);
  // several that stop at once may each take another for the owner: what is not known to be saved is saved by all, as
  // every write is guarded
  for (const partition of aggregator.table.values())
    if (partition.served && partition.changed.size > 0) partition.owned = true;
  logger.info({ ms: Math.round(performance.now() - startedAt), complete: isHandedOver(aggregator) }, 'Handed over');
};

const isHandedOver = (aggregator: Aggregator): boolean => {
  const { settings, table } = aggregator;
  const live = others(aggregator);
  const ring = ringOf(live);
  if (ring.length === 0) return true;
  const serves = (name: string, partition: number) =>
    live.some((member) => member.name === name && isFresh(aggregator, member) && member.partitions.includes(partition));
  const served = [...table.values()].filter((partition) => partition.served);
  return served.every(({ number }) => replicasOf(ring, number, settings.COPIES).every((name) => serves(name, number)));
};
