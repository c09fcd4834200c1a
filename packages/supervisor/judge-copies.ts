import { isServing, type Member } from '@muster/placement';

/** Which partitions each aggregator has, at one moment of the database's clock, in milliseconds. */
export type Inspection = { databaseNow: number; partitions: number; members: readonly Member[] };

/**
 * How many copies each partition shall have, and after how many milliseconds without a heartbeat an aggregator counts
 * as gone.
 */
export type CopiesRule = { copies: number; leaseMs: number };

export type Copies = {
  /** The names of those that serve and whose heartbeat is fresh. */
  live: string[];
  /** How many copies a partition can have of what it shall have. */
  wanted: number;
  /** By partition: the names of the live ones that serve it. */
  replicas: string[][];
  /** What keeps all copies from being full and at rest, in words; none when they are. */
  missing: string[];
};

/**
 * The replicas of each partition, and what is missing: a partition with fewer copies than it could have, and of these
 * aggregators one that is not serving or still loads partitions. Pure.
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
  const loading = serving.flatMap(({ name, warming }) =>
    names.includes(name) && warming.length > 0 ? [`${name} still loads ${listOf(warming)}`] : [],
  );
  return { live, wanted, replicas, missing: [...absent, ...describeFew(replicas, Math.max(1, wanted)), ...loading] };
};

/** Names in the order of their numbers. Pure. */
export const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Partitions as people list them: `0-3, 7, 9-11`. Pure. */
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
  return member.state === 'serving' ? 'gives no sign of life' : `is ${member.state}`;
};

const describeFew = (replicas: readonly string[][], wanted: number): string[] => {
  const few = replicas.flatMap((names, partition) =>
    names.length < wanted ? [{ partition, count: names.length }] : [],
  );
  const counts = [...new Set(few.map(({ count }) => count))].sort((a, b) => a - b);
  return counts.map((count) => {
    const these = few.filter((one) => one.count === count).map(({ partition }) => partition);
    const verb = these.length === 1 ? 'is' : 'are';
    return `${listOf(these)} ${verb} held by ${count === 0 ? 'none' : count} instead of ${wanted}`;
  });
};
