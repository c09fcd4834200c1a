import type { SavedCount } from '@muster/store';
import type { AggregatorClient } from '@muster/wire';

/**
 * How many things of an entity are active in each partition, which replica counted them, and what to say about the
 * answer. A plain value, changed in this file only.
 */
export type PartitionCounts = { active: number[]; replicas: Map<number, AggregatorClient>; about: About };

/**
 * About an answer on many things: where it came from, how old it may be in milliseconds, and as of when it is where a
 * part of it comes from the snapshot.
 */
export type About = { sources: Set<string>; lagMs: number; asOf: Date | undefined };

export const openPartitionCounts = (): PartitionCounts => ({
  active: [],
  replicas: new Map(),
  about: { sources: new Set(), lagMs: 0, asOf: undefined },
});

/** The partitions, of so many, that are not counted yet. */
export const missingIn = ({ active }: PartitionCounts, partitions: number): number[] =>
  Array.from({ length: partitions }, (_, partition) => partition).filter(
    (partition) => active[partition] === undefined,
  );

export const totalOf = ({ active }: PartitionCounts): number => active.reduce((sum, count) => sum + count, 0);

/** Takes over what a replica has of a partition; `lagMs`: how old its answer may be. */
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

/** Takes over what the snapshot has of a partition; `now` is the database's time. */
export const takeSavedCount = (counts: PartitionCounts, saved: SavedCount, now: Date): void => {
  counts.active[saved.partition] = saved.active;
  noteSaved(counts.about, saved, now);
};

/** Notes that a part of the answer comes from the snapshot: the oldest part says as of when the whole is. */
export const noteSaved = (about: About, { asOf }: SavedCount, now: Date): void => {
  about.sources.add('database');
  if (!asOf) return;
  about.lagMs = Math.max(about.lagMs, now.getTime() - asOf.getTime());
  if (!about.asOf || asOf < about.asOf) about.asOf = asOf;
};
