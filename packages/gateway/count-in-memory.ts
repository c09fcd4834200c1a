import type { Entity } from '@muster/model';
import { coverOf } from '@muster/placement';
import { type AggregatorClient, type Answer, askAggregator } from '@muster/wire';
import type { Freshness } from './freshness.ts';
import type { Gateway } from './gateway.ts';
import { answeringFor } from './members.ts';
import { missingIn, type PartitionCounts, takeReplicaCount } from './partition-counts.ts';
import { keepWritesMs } from './remembered.ts';

/** The part of the deadline that the first aggregators get. The rest is for their standbys. */
export const firstShare = 0.6;

/** Milliseconds of a replica's deadline that are kept back, so that an answer after a wait arrives in time. */
export const wireMarginMs = 15;

/**
 * Counts an entity's active things in memory. It asks the smallest set of aggregators that covers all partitions. If
 * one of them does not answer, it asks other replicas. Partitions without an answer stay missing.
 */
export const countInMemory = async (
  gateway: Gateway,
  entity: Entity,
  counts: PartitionCounts,
  freshness: Freshness,
): Promise<void> => {
  const allMs = gateway.settings.REPLICA_DEADLINE_MS;
  const untilMs = performance.now() + allMs;
  const silent = await askCover(gateway, entity, counts, new Set(), allMs * firstShare, freshness);
  if (silent.size > 0) await askCover(gateway, entity, counts, silent, untilMs - performance.now(), freshness);
};

/**
 * Whether an answer has all writes of this gateway. The question named the writes of the last seconds. Older writes
 * came before a heartbeat that the replica has seen. While the database is away, no newer answer exists.
 */
export const isCurrent = ({ database }: Gateway, { behind, lagMs }: { behind: boolean; lagMs: number }): boolean =>
  (!behind && lagMs < keepWritesMs) || !database.reachable;

/** Asks the smallest set for the missing partitions, except those in `without`. Returns those that did not answer. */
const askCover = async (
  gateway: Gateway,
  entity: Entity,
  counts: PartitionCounts,
  without: ReadonlySet<AggregatorClient>,
  withinMs: number,
  freshness: Freshness,
): Promise<Set<AggregatorClient>> => {
  const silent = new Set<AggregatorClient>();
  const asked = chooseReplicas(gateway, counts, without).map(async ([replica, partitions]) => {
    const answer = await askCounts(gateway, replica, partitions, withinMs, freshness);
    for (const partition of partitions) {
      const active = answer?.active[partition];
      if (answer && active) takeReplicaCount(counts, replica, partition, active[entity.name] ?? 0, answer.lagMs);
      else silent.add(replica); // no answer, or the partition is not restored yet
    }
  });
  await Promise.all(asked);
  return silent;
};

const chooseReplicas = (
  { members, settings }: Gateway,
  counts: PartitionCounts,
  without: ReadonlySet<AggregatorClient>,
): [AggregatorClient, number[]][] => {
  members.turn += 1;
  const having: AggregatorClient[][] = Array.from({ length: settings.PARTITIONS }, () => []);
  for (const partition of missingIn(counts, settings.PARTITIONS))
    having[partition] = answeringFor(members, partition).filter((replica) => !without.has(replica));
  return [...coverOf(having, members.turn)];
};

const askCounts = async (
  gateway: Gateway,
  replica: AggregatorClient,
  partitions: number[],
  withinMs: number,
  freshness: Freshness,
): Promise<Extract<Answer, { kind: 'counted' }> | undefined> => {
  const minVersions = freshness.minVersions(partitions);
  const waitMs = Math.round(withinMs - wireMarginMs);
  const asked = await askAggregator(replica, { kind: 'count', partitions, minVersions, waitMs }, withinMs);
  return asked?.answer.kind === 'counted' && isCurrent(gateway, asked.answer) ? asked.answer : undefined;
};
