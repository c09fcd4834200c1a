import { replicasOf, serversOf } from '@muster/placement';
import type { Aggregator } from './aggregator.ts';
import { currentRing, isFresh, liveWithSelf } from './membership.ts';
import { openPartition, type Partition } from './table.ts';

/**
 * For how long a partition is served on after its new replicas serve it, in milliseconds: until every gateway has looked
 * again.
 */
const surplusMs = 2_500;

/** The partitions that this aggregator is to hold among the members as they are. */
export const wantedPartitions = (aggregator: Aggregator): number[] => {
  const ring = currentRing(aggregator);
  const { heart, settings } = aggregator;
  const all = Array.from({ length: settings.PARTITIONS }, (_, partition) => partition);
  return all.filter((partition) => replicasOf(ring, partition, settings.COPIES).includes(heart.name));
};

/**
 * Brings what is held nearer to what is wanted: takes in what is missing (to be restored beside the others, then
 * served), drops what others serve by now, and notes which partitions are this one's to save. Gives true when the
 * change stream must be opened on other partitions.
 */
export const rebalance = (aggregator: Aggregator): boolean => {
  const { logger, progress, table } = aggregator;
  const wanted = new Set(progress.state === 'leaving' ? [] : wantedPartitions(aggregator));
  const added = [...wanted].filter((number) => !table.has(number));
  const dropped = [...table.values()]
    .filter((partition) => !wanted.has(partition.number) && isSurplus(aggregator, partition))
    .map(({ number }) => number);
  for (const partition of table.values()) if (wanted.has(partition.number)) partition.surplusSince = undefined;
  for (const number of added) table.set(number, { ...openPartition(number), pending: [] });
  for (const number of dropped) table.delete(number);
  markOwned(aggregator);
  if (added.length + dropped.length === 0) return false;
  logger.info({ added, dropped }, 'The members have changed: partitions move');
  return true;
};

/** Marks the partitions that this aggregator saves: those of which it is the first that serves them. */
export const markOwned = (aggregator: Aggregator): void => {
  const { heart, table } = aggregator;
  const live = liveWithSelf(aggregator);
  const ring = currentRing(aggregator);
  for (const partition of table.values()) {
    const isOwned = partition.served && serversOf(live, ring, partition.number)[0] === heart.name;
    if (isOwned && !partition.owned) takeOver(aggregator, partition);
    partition.owned = isOwned;
  }
};

/**
 * What the former owner did not save is to be saved now; and its checkpoint is to reach as far as the others', so that
 * one token reaches everywhere.
 */
const takeOver = ({ progress }: Aggregator, { changed }: Partition) => {
  progress.unsaved += changed.size;
  if (changed.size > 0) progress.unsavedSince ??= performance.now();
  progress.checkpointedAt = Number.NEGATIVE_INFINITY;
};

/**
 * A partition that others are to hold: still restoring here, or served by all of them for so long that every gateway
 * knows.
 */
const isSurplus = (aggregator: Aggregator, partition: Partition): boolean => {
  const { progress, settings } = aggregator;
  if (progress.state === 'leaving') return false; // it serves to the end
  if (!partition.served) return true;
  const live = liveWithSelf(aggregator);
  const replicas = replicasOf(currentRing(aggregator), partition.number, settings.COPIES);
  const areServing = replicas.every((name) =>
    live.some(
      (member) => member.name === name && isFresh(aggregator, member) && member.partitions.includes(partition.number),
    ),
  );
  partition.surplusSince = areServing ? (partition.surplusSince ?? performance.now()) : undefined;
  return partition.surplusSince !== undefined && performance.now() - partition.surplusSince > surplusMs;
};
