/**
 * The versions of the streams that were noted last, by key, in arrays. With an object for each in a `Map`, their
 * garbage was a sixth of what a create costs. A plain value. Only this file changes it.
 */
export type RecentVersions = {
  size: number;
  keys: string[];
  versions: Float64Array;
  ats: Float64Array; // when they were noted last, on the monotonic clock in milliseconds
  heads: Int32Array; // by hash: the first place of its chain, or -1
  nexts: Int32Array; // the next place of the chain, or -1
  newer: Int32Array; // the place that was noted next, or -1
  older: Int32Array; // the place that was noted before, or -1
  newest: number;
  oldest: number;
  seed: number; // so that nobody can choose ids with one hash
};

/** Opens a table of at most this many streams. */
export const openRecentVersions = (most: number): RecentVersions => ({
  size: 0,
  keys: [],
  versions: new Float64Array(most),
  ats: new Float64Array(most),
  heads: new Int32Array(2 ** Math.ceil(Math.log2(most))).fill(-1),
  nexts: new Int32Array(most).fill(-1),
  newer: new Int32Array(most).fill(-1),
  older: new Int32Array(most).fill(-1),
  newest: -1,
  oldest: -1,
  seed: Math.floor(Math.random() * 2 ** 32),
});

/** Notes that a stream has at least this version. If there are too many, forgets the one that was noted longest ago. */
export const noteVersion = (recent: RecentVersions, key: string, version: number, now: number): void => {
  const hash = hashOf(recent, key);
  const known = findPlace(recent, key, hash);
  if (known >= 0) {
    recent.versions[known] = Math.max(version, recent.versions[known] as number);
    leaveOrder(recent, known);
    return joinOrder(recent, known, now);
  }
  const place = recent.size < recent.versions.length ? recent.size : recent.oldest;
  if (place === recent.size) recent.size += 1;
  else forget(recent, place);
  recent.keys[place] = key;
  recent.versions[place] = version;
  recent.nexts[place] = recent.heads[hash] as number;
  recent.heads[hash] = place;
  joinOrder(recent, place, now);
};

/** Returns the version of a stream and when it was noted last, or undefined. */
export const findVersion = (recent: RecentVersions, key: string): { version: number; at: number } | undefined => {
  const place = findPlace(recent, key, hashOf(recent, key));
  return place < 0 ? undefined : { version: recent.versions[place] as number, at: recent.ats[place] as number };
};

/** Forgets all streams. */
export const clearVersions = (recent: RecentVersions): void => {
  Object.assign(recent, { size: 0, keys: [], newest: -1, oldest: -1 });
  recent.heads.fill(-1);
};

const hashOf = ({ seed, heads }: RecentVersions, key: string): number => {
  let hash = seed;
  for (let i = 0; i < key.length; i += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  return hash & (heads.length - 1);
};

const findPlace = ({ heads, keys, nexts }: RecentVersions, key: string, hash: number): number => {
  let place = heads[hash] as number;
  while (place >= 0 && keys[place] !== key) place = nexts[place] as number;
  return place;
};

/** Takes a stream out of its chain and out of the order. */
const forget = (recent: RecentVersions, place: number) => {
  const { heads, nexts } = recent;
  const hash = hashOf(recent, recent.keys[place] as string);
  if (heads[hash] === place) heads[hash] = nexts[place] as number;
  else {
    let before = heads[hash] as number;
    while (nexts[before] !== place) before = nexts[before] as number;
    nexts[before] = nexts[place] as number;
  }
  leaveOrder(recent, place);
};

const leaveOrder = (recent: RecentVersions, place: number) => {
  const [newer, older] = [recent.newer[place] as number, recent.older[place] as number];
  if (newer >= 0) recent.older[newer] = older;
  else recent.newest = older;
  if (older >= 0) recent.newer[older] = newer;
  else recent.oldest = newer;
};

const joinOrder = (recent: RecentVersions, place: number, now: number) => {
  recent.ats[place] = now;
  recent.newer[place] = -1;
  recent.older[place] = recent.newest;
  if (recent.newest >= 0) recent.newer[recent.newest] = place;
  else recent.oldest = place;
  recent.newest = place;
};
