/** A sequence of random numbers that depends only on its seed. A plain value that only `nextRandom` changes. */
export type Seeded = { state: number };

export const openSeeded = (seed: number): Seeded => ({ state: Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0 });

/** Returns the next number, from 0 to below 1 (mulberry32, Tommy Ettinger, public domain). */
export const nextRandom = (seeded: Seeded): number => {
  seeded.state = (seeded.state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(seeded.state ^ (seeded.state >>> 15), seeded.state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
};

/** Returns one of the items, with equal probability. */
export const pickFrom = <Item>(seeded: Seeded, items: readonly Item[]): Item =>
  items[Math.floor(nextRandom(seeded) * items.length)] as Item;
