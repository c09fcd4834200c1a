import { murmur3 } from './partition.ts';

/**
 * Returns the names of a partition's replicas, in order. The first is the owner, chosen by rendezvous hashing over the
 * names. Its successors in the ring of sorted names follow, up to `copies` in all. Pure: all processes compute the same
 * replicas from the same names. Adding or removing a name moves only the partitions that it owns and those of its
 * predecessors.
 */
export const replicasOf = (names: readonly string[], partition: number, copies: number): string[] => {
  const ring = ringFrom(names, partition);
  return ring.slice(0, Math.max(1, copies));
};

/**
 * Returns all names in the order in which they are asked for a partition: the ring of sorted names, from the owner on.
 */
export const ringFrom = (names: readonly string[], partition: number): string[] => {
  const ring = [...names].sort();
  const scores = ring.map((name) => murmur3(`${partition}:${name}:${partition}`));
  const owner = scores.indexOf(Math.max(...scores));
  return owner <= 0 ? ring : [...ring.slice(owner), ...ring.slice(0, owner)];
};

/**
 * Returns a smallest set of replicas that covers all partitions, with the partitions that each one answers for.
 * `replicas` lists each partition's replicas in ring order, from its owner on. Each replica also has its predecessor's
 * partitions, so every second one is enough. `start` rotates the ring, so that all replicas share the load. Pure.
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

/** Returns the partitions grouped by owner, with the groups in ring order. */
const partitionsByOwner = <Replica>(replicas: readonly (readonly Replica[])[]): number[][] => {
  const groups = new Map<Replica, number[]>();
  for (const [partition, [owner]] of replicas.entries()) {
    if (owner === undefined) continue;
    const group = groups.get(owner);
    if (group) group.push(partition);
    else groups.set(owner, [partition]);
  }
  return inRingOrder(groups, replicas);
};

// goes from each owner to a successor that still has an unvisited group
const inRingOrder = <Replica>(
  groups: Map<Replica, number[]>,
  replicas: readonly (readonly Replica[])[],
): number[][] => {
  const order: number[][] = [];
  const unvisited = new Map(groups);
  for (let next = firstOf(unvisited); next !== undefined; ) {
    const group = unvisited.get(next) ?? [];
    order.push(group);
    unvisited.delete(next);
    const successors = group.flatMap((partition) => replicas[partition] ?? []);
    next = successors.find((replica) => unvisited.has(replica)) ?? firstOf(unvisited);
  }
  return order;
};

const firstOf = <Key>(map: ReadonlyMap<Key, unknown>): Key | undefined => map.keys().next().value;

/**
 * Assigns each partition to a replica that is already in the cover, or else to its last replica, which also has the
 * next owner's partitions.
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
