import type { Entity } from '@muster/model';
import { coverOf } from '@muster/placement';
import { type AggregatorClient, type Answer, askAggregator } from '@muster/wire';
import type { Gateway } from './gateway.ts';
import { answeringFor } from './members.ts';
import { missingIn, type PartitionCounts, takeReplicaCount } from './partition-counts.ts';
import { keepWritesMs, recentWrites } from './remembered.ts';

/** The share of the deadline for the first aggregators. The rest is for their standbys. */
export const firstShare = 0.6;

/** The part of a replica's deadline, in milliseconds, that is kept for the reply to arrive in time after a wait. */
export const wireMarginMs = 15;

/**
 * Counts an entity's active things in the memory of the fewest aggregators that together have all partitions. When an
 * aggregator does not answer, asks others for its partitions. Partitions without an answer stay missing.
 */
export const countInMemory = async (gateway: Gateway, entity: Entity, counts: PartitionCounts): Promise<void> => {
  const allMs = gateway.settings.REPLICA_DEADLINE_MS;
  const untilMs = performance.now() + allMs;
  const silent = await askCover(gateway, entity, counts, new Set(), allMs * firstShare);
  if (silent.size > 0) await askCover(gateway, entity, counts, silent, untilMs - performance.now());
};

/**
 * Whether an answer includes all writes of this gateway. The request names the writes of the last seconds as minimum
 * versions. Older writes precede the replica's last heartbeat. While the database is unreachable, any answer counts:
 * there is no newer one.
 */
export const isCurrent = ({ database }: Gateway, { behind, lagMs }: { behind: boolean; lagMs: number }): boolean =>
  (!behind && lagMs < keepWritesMs) || !database.reachable;

/**
 * Asks the fewest replicas that have the missing partitions, except those in `without`. Returns the replicas that did
 * not answer for all their partitions.
 */
const askCover = async (
  gateway: Gateway,
  entity: Entity,
  counts: PartitionCounts,
  without: ReadonlySet<AggregatorClient>,
  withinMs: number,
): Promise<Set<AggregatorClient>> => {
  const silent = new Set<AggregatorClient>();
  const asked = chooseReplicas(gateway, counts, without).map(async ([replica, partitions]) => {
    const answer = await askCounts(gateway, replica, partitions, withinMs);
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
): Promise<Extract<Answer, { kind: 'counted' }> | undefined> => {
  const minVersions = recentWrites(gateway.remembered, partitions);
  const waitMs = Math.round(withinMs - wireMarginMs);
  const asked = await askAggregator(replica, { kind: 'count', partitions, minVersions, waitMs }, withinMs);
  return asked?.answer.kind === 'counted' && isCurrent(gateway, asked.answer) ? asked.answer : undefined;
};
