import { murmur3 } from './partition.ts';

/**
 * The replicas that a partition must have, in order: its owner, by rendezvous hashing over the names, then the owner's
 * successors in the ring of sorted names, `copies` in all. Pure: from the same names every process computes the same
 * replicas. A name that comes or goes moves only the partitions that it owns or owned.
 */
export const replicasOf = (names: readonly string[], partition: number, copies: number): string[] => {
  const ring = ringFrom(names, partition);
  return ring.slice(0, Math.max(1, copies));
};

/** All names in the order in which they are asked for a partition: the ring, from its owner on. */
export const ringFrom = (names: readonly string[], partition: number): string[] => {
  const ring = [...names].sort();
  const scores = ring.map((name) => murmur3(`${partition}:${name}:${partition}`));
  const owner = scores.indexOf(Math.max(...scores));
  return owner <= 0 ? ring : [...ring.slice(owner), ...ring.slice(0, owner)];
};

/**
 * The fewest replicas that have all partitions between them: which partitions each of them answers for. `replicas` are,
 * by partition, those that have it, in the order of the ring from its owner on. As each also has what its predecessor
 * owns, every second one is enough. `start` turns the ring, so that they take turns.
 */
export const coverOf = <Replica>(replicas: readonly (readonly Replica[])[], start: number): Map<Replica, number[]> => {
  const order = partitionsByOwner(replicas);
  let best: Map<Replica, number[]> | undefined;
  for (let turn = 0; turn < order.length; turn += 1) {
    const cover = coverFrom(replicas, order, (start + turn) % order.length);
    if (!best || cover.size < best.size) best = cover;
  }
  return best ?? new Map();
};

/**
 * The partitions in groups, one for each owner that has any, in the order of the ring: an owner's last replica is the
 * next owner, or stands after it.
 */
const partitionsByOwner = <Replica>(replicas: readonly (readonly Replica[])[]): number[][] => {
  const groups = new Map<Replica, number[]>();
  for (const [partition, [owner]] of replicas.entries()) {
    if (owner === undefined) continue;
    const group = groups.get(owner);
    if (group) group.push(partition);
    else groups.set(owner, [partition]);
  }
  return inRing(groups, replicas);
};

// from each owner to its successor, as long as that owns something that has not been visited
const inRing = <Replica>(groups: Map<Replica, number[]>, replicas: readonly (readonly Replica[])[]): number[][] => {
  const order: number[][] = [];
  const left = new Map(groups);
  for (let next = firstOf(left); next !== undefined; ) {
    const group = left.get(next) ?? [];
    order.push(group);
    left.delete(next);
    const successors = group.flatMap((partition) => replicas[partition] ?? []);
    next = successors.find((replica) => left.has(replica)) ?? firstOf(left);
  }
  return order;
};

const firstOf = <Key>(map: ReadonlyMap<Key, unknown>): Key | undefined => map.keys().next().value;

/**
 * Each partition from a replica that is taken already, else from its last one, which has the next owner's partitions
 * too.
 */
const coverFrom = <Replica>(
  replicas: readonly (readonly Replica[])[],
  order: readonly number[][],
  start: number,
): Map<Replica, number[]> => {
  const cover = new Map<Replica, number[]>();
  for (let step = 0; step < order.length; step += 1) {
    for (const partition of order[(start + step) % order.length] ?? []) {
      const having = replicas[partition] ?? [];
      const replica = having.find((one) => cover.has(one)) ?? having.at(-1);
      if (replica === undefined) continue;
      const group = cover.get(replica);
      if (group) group.push(partition);
      else cover.set(replica, [partition]);
    }
  }
  return cover;
};
