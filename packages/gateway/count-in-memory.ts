import type { Entity } from '@muster/model';
import { coverOf } from '@muster/placement';
import { type AggregatorClient, type Answer, askAggregator } from '@muster/wire';
import type { Gateway } from './gateway.ts';
import { answeringFor } from './members.ts';
import { missingIn, type PartitionCounts, takeReplicaCount } from './partition-counts.ts';
import { keepWritesMs, recentWrites } from './remembered.ts';

/** The share of the first aggregators in the time of all: the rest is for their standbys. */
export const firstShare = 0.6;

/** Of a replica's time, in milliseconds, so that an answer after a wait still comes in time. */
export const wireMarginMs = 15;

/**
 * Counts an entity's active things in the memory of the fewest aggregators that have all partitions between them, and
 * what one of these does not answer in that of others. Partitions without an answer stay missing.
 */
export const countInMemory = async (gateway: Gateway, entity: Entity, counts: PartitionCounts): Promise<void> => {
  const allMs = gateway.settings.REPLICA_DEADLINE_MS;
  const untilMs = performance.now() + allMs;
  const silent = await askCover(gateway, entity, counts, new Set(), allMs * firstShare);
  if (silent.size > 0) await askCover(gateway, entity, counts, silent, untilMs - performance.now());
};

/**
 * Whether an answer has all that this gateway wrote: what it wrote in the last seconds was asked for, and what is older
 * came before a heartbeat that is younger. With the database away there is nothing newer to be had.
 */
export const isCurrent = ({ database }: Gateway, { behind, lagMs }: { behind: boolean; lagMs: number }): boolean =>
  (!behind && lagMs < keepWritesMs) || !database.reachable;

/** Asks the fewest that have what is missing, but for those in `without`; gives those that did not answer all of it. */
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
