import type { SavedCount } from '@muster/store';
import type { AggregatorClient } from '@muster/wire';

/**
 * The active things of an entity by partition, the replica that counted each partition, and the headers of the answer.
 * A plain value. Only this file changes it.
 */
export type PartitionCounts = { active: number[]; replicas: Map<number, AggregatorClient>; about: About };

/**
 * Facts about an answer on many things: its sources, its greatest age in milliseconds, and its as-of time if a part of
 * it comes from the snapshot.
 */
export type About = { sources: Set<string>; lagMs: number; asOf: Date | undefined };

export const openPartitionCounts = (): PartitionCounts => ({
  active: [],
  replicas: new Map(),
  about: { sources: new Set(), lagMs: 0, asOf: undefined },
});

/** Returns the partitions that are not counted yet. */
export const missingIn = ({ active }: PartitionCounts, partitions: number): number[] =>
  Array.from({ length: partitions }, (_, partition) => partition).filter(
    (partition) => active[partition] === undefined,
  );

export const totalOf = ({ active }: PartitionCounts): number => active.reduce((sum, count) => sum + count, 0);

/** Adds the count of a partition from a replica. `lagMs` is the greatest age of its answer. */
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

/** Adds the count of a partition from the snapshot. `now` is the database's time. */
export const takeSavedCount = (counts: PartitionCounts, saved: SavedCount, now: Date): void => {
  counts.active[saved.partition] = saved.active;
  noteSaved(counts.about, saved, now);
};

/** Notes that a part of the answer comes from the snapshot. The oldest part sets the as-of time of the whole. */
export const noteSaved = (about: About, { asOf }: SavedCount, now: Date): void => {
  about.sources.add('database');
  if (!asOf) return;
  about.lagMs = Math.max(about.lagMs, now.getTime() - asOf.getTime());
  if (!about.asOf || asOf < about.asOf) about.asOf = asOf;
};
