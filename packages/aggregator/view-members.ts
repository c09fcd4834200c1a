import { replicasOf, serversOf } from '@muster/placement';
import type { Aggregator } from './aggregator.ts';
import { currentRing, isFresh, liveWithSelf, others } from './membership.ts';
import type { Numbers } from './numbers.ts';
import { noteSurplus, type Partition } from './table.ts';

/**
 * How long a partition is still served after all its new replicas serve it, in milliseconds. By then every gateway has
 * refreshed its members list.
 */
const surplusMs = 2_500;

/**
 * Derives this aggregator's partitions from the members list.
 * - `wanted`: the partitions that it must have.
 * - `surplus`: the partitions that it may drop: other aggregators are their replicas, and every gateway knows it.
 * - `first`: the partitions that it saves while it serves them.
 */
export const viewMembers = (aggregator: Aggregator): { wanted: Numbers; surplus: Numbers; first: Numbers } => {
  const { name, settings, table } = aggregator;
  const ring = currentRing(aggregator);
  const all = Array.from({ length: settings.PARTITIONS }, (_, partition) => partition);
  const replicas = all.map((partition) => replicasOf(ring, partition, settings.COPIES));
  const surplus = [...table.values()].filter((one) => isSurplus(aggregator, one, replicas[one.number] ?? []));
  return {
    wanted: all.filter((partition) => replicas[partition]?.includes(name)),
    surplus: surplus.map(({ number }) => number),
    first: firstAmong(aggregator, all),
  };
};

/** The partitions among these of which this aggregator is the first serving replica: it saves them. */
export const firstAmong = (aggregator: Aggregator, partitions: Numbers): Numbers => {
  const ring = currentRing(aggregator);
  const live = liveWithSelf(aggregator).map((member) =>
    member.name === aggregator.name ? { ...member, partitions } : member,
  );
  return partitions.filter((partition) => serversOf(live, ring, partition)[0] === aggregator.name);
};

const isSurplus = (aggregator: Aggregator, partition: Partition, replicas: readonly string[]): boolean => {
  const isElsewhere = !replicas.includes(aggregator.name) && areServing(aggregator, replicas, partition.number);
  const since = noteSurplus(partition, isElsewhere, performance.now());
  return since !== undefined && performance.now() - since > surplusMs;
};

const areServing = (aggregator: Aggregator, replicas: readonly string[], partition: number): boolean => {
  const serving = others(aggregator).filter(
    (member) => isFresh(aggregator, member) && member.partitions.includes(partition),
  );
  return replicas.every((name) => serving.some((member) => member.name === name));
};
