import type { SavedCount } from '@muster/store';
import type { AggregatorClient } from '@muster/wire';

/**
 * The number of active things of an entity per partition, the replica that counted them, and facts about the answer. A
 * plain value, changed in this file only.
 */
export type PartitionCounts = { active: number[]; replicas: Map<number, AggregatorClient>; about: About };

/**
 * Facts about an answer on many things: its sources and its maximum age in milliseconds. `asOf` is the time of the
 * oldest part from the snapshot, if there is one.
 */
export type About = { sources: Set<string>; lagMs: number; asOf: Date | undefined };

export const openPartitionCounts = (): PartitionCounts => ({
  active: [],
  replicas: new Map(),
  about: { sources: new Set(), lagMs: 0, asOf: undefined },
});

/** Returns the partitions that are not counted yet; `partitions` is their total number. */
export const missingIn = ({ active }: PartitionCounts, partitions: number): number[] =>
  Array.from({ length: partitions }, (_, partition) => partition).filter(
    (partition) => active[partition] === undefined,
  );

export const totalOf = ({ active }: PartitionCounts): number => active.reduce((sum, count) => sum + count, 0);

/** Takes over a replica's count of a partition. `lagMs` is the maximum age of its answer. */
export const takeReplicaCount = (
  counts: PartitionCounts,
  replica: AggregatorClient,
  partition: number,
  active: number,
  lagMs: number,
): void => {
  counts.active[partition] = active;
  counts.replicas.set(partition, replica);
  counts.about.sources.add(replica.name);
  counts.about.lagMs = Math.max(counts.about.lagMs, lagMs);
};

/** Takes over the snapshot's count of a partition. `now` is the database's time. */
export const takeSavedCount = (counts: PartitionCounts, saved: SavedCount, now: Date): void => {
  counts.active[saved.partition] = saved.active;
  noteSaved(counts.about, saved, now);
};

/** Notes that a part of the answer comes from the snapshot. The oldest part sets `asOf` for the whole answer. */
export const noteSaved = (about: About, { asOf }: SavedCount, now: Date): void => {
  about.sources.add('database');
  if (!asOf) return;
  about.lagMs = Math.max(about.lagMs, now.getTime() - asOf.getTime());
  if (!about.asOf || asOf < about.asOf) about.asOf = asOf;
};
