import { isServing, type Member } from '@muster/placement';

/** The members at one moment. `databaseNow` is the database's clock, in milliseconds; `partitions` is their number. */
export type Inspection = { databaseNow: number; partitions: number; members: readonly Member[] };

/**
 * `copies`: the wanted number of copies of each partition. `leaseMs`: an aggregator is not live when its last heartbeat
 * is older than this, in milliseconds.
 */
export type CopiesRule = { copies: number; leaseMs: number };

export type Copies = {
  /** The names of the aggregators that serve and whose lease is valid. */
  live: string[];
  /**
   * The number of copies that each partition should have now: `copies`, or the number of live aggregators if smaller.
   */
  wanted: number;
  /** By partition: the names of the live aggregators that serve it. */
  replicas: string[][];
  /** What is missing until all copies are complete, in words. Empty when they are. */
  missing: string[];
};

/**
 * Returns the replicas of each partition and what is missing: partitions with too few copies, and those of the named
 * aggregators that do not serve or still restore partitions. Pure.
 */
export const judgeCopies = (
  { databaseNow, partitions, members }: Inspection,
  { copies, leaseMs }: CopiesRule,
  names: readonly string[] = [],
): Copies => {
  const serving = members.filter((member) => isServing(member, databaseNow, leaseMs));
  const live = serving.map(({ name }) => name).sort(byNumber);
  const wanted = Math.min(copies, live.length);
  const replicas = Array.from({ length: partitions }, (_, partition) =>
    live.filter((name) => serving.some((member) => member.name === name && member.partitions.includes(partition))),
  );
  const absent = names
    .filter((name) => !live.includes(name))
    .map((name) => `${name} ${describeAbsent(members.find((member) => member.name === name))}`);
  const restoring = serving.flatMap(({ name, warming }) =>
    names.includes(name) && warming.length > 0 ? [`${name} is still restoring ${listOf(warming)}`] : [],
  );
  return { live, wanted, replicas, missing: [...absent, ...describeFew(replicas, Math.max(1, wanted)), ...restoring] };
};

/** Compares two names so that `aggregator-2` sorts before `aggregator-10`. Pure. */
export const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Lists partitions as ranges, in order: `0-3, 7, 9-11`. Pure. */
export const describePartitions = (partitions: readonly number[]): string => {
  const sorted = [...partitions].sort((a, b) => a - b);
  const first = sorted.filter((partition, index) => sorted[index - 1] !== partition - 1);
  const last = sorted.filter((partition, index) => sorted[index + 1] !== partition + 1);
  return first.map((from, index) => (last[index] === from ? `${from}` : `${from}-${last[index]}`)).join(', ');
};

const listOf = (partitions: readonly number[]) =>
  `${partitions.length === 1 ? 'partition' : 'partitions'} ${describePartitions(partitions)}`;

const describeAbsent = (member: Member | undefined) => {
  if (member === undefined) return 'has not joined';
  return member.state === 'serving' ? 'has not renewed its lease' : `is ${member.state}`;
};

const describeFew = (replicas: readonly string[][], wanted: number): string[] => {
  const few = replicas.flatMap((names, partition) =>
    names.length < wanted ? [{ partition, count: names.length }] : [],
  );
  const counts = [...new Set(few.map(({ count }) => count))].sort((a, b) => a - b);
  return counts.map((count) => {
    const these = few.filter((one) => one.count === count).map(({ partition }) => partition);
    const verb = these.length === 1 ? 'has' : 'have';
    const replicasFound = count === 0 ? 'no replica' : `${count} ${count === 1 ? 'replica' : 'replicas'}`;
    return `${listOf(these)} ${verb} ${replicasFound}, expected ${wanted}`;
  });
};
