import type { State } from '@muster/model';
import type { MinVersion } from '@muster/wire';
import { clearVersions, findVersion, noteVersion, openRecentVersions, type RecentVersions } from './recent-versions.ts';

/**
 * The versions that this gateway returned in the last minute. It never returns an older one. A plain value. Only this
 * file changes it.
 */
export type Remembered = {
  versions: RecentVersions; // by stream
  states: Map<string, { state: State; at: number }>; // by stream: the newest ones of this gateway's commands
  writes: Map<number, Writes>; // by partition: the last writes of this gateway
  // by partition: more than can be in flight at once, so that the newest ones come after all older ones in the log
  writesMax: number;
};

/** Writes in a ring: the next one replaces the oldest. */
type Writes = { minVersions: MinVersion[]; ats: number[]; next: number };

const keepMs = 60_000;
const versionsMax = 100_000;
const keepStatesMs = 2_000; // longer than an aggregator usually lags
const statesMax = 10_000;

/**
 * How long counts and lists name a write of this gateway, in milliseconds. A replica with a smaller lag has all older
 * writes: its heartbeat came after them.
 */
export const keepWritesMs = 3_000;

export const openRemembered = (writesMax: number): Remembered => ({
  versions: openRecentVersions(versionsMax),
  states: new Map(),
  writes: new Map(),
  writesMax,
});

/** Forgets everything, because the log was replaced. */
export const forgetAll = ({ versions, states, writes }: Remembered): void => {
  clearVersions(versions);
  states.clear();
  writes.clear();
};

/** Remembers that this version of a stream was returned, and perhaps its state; `now` is `performance.now()`. */
export const remember = (
  { versions, states }: Remembered,
  key: string,
  version: number,
  state?: State,
  now = performance.now(),
): void => {
  noteVersion(versions, key, version, now);
  if (!state || version < (findVersion(versions, key)?.version ?? 0)) return;
  states.delete(key);
  states.set(key, { state, at: now });
  if (states.size > statesMax) forgetFirst(states);
};

/** Returns a state of the last two seconds, if no newer version was returned since. It may be older than the log. */
export const recentState = (
  { versions, states }: Remembered,
  key: string,
  now = performance.now(),
): State | undefined => {
  const recent = states.get(key);
  if (!recent || now - recent.at > keepStatesMs) return undefined;
  return recent.state.version < (findVersion(versions, key)?.version ?? 0) ? undefined : recent.state;
};

/** The minimum version for reads of a stream now; 0 where nothing is remembered. */
export const rememberedVersion = ({ versions }: Remembered, key: string, now = performance.now()): number => {
  const known = findVersion(versions, key);
  return known && now - known.at < keepMs ? known.version : 0;
};

/** Remembers a write, which counts and lists must show from now on. */
export const rememberWrite = (
  { writes, writesMax }: Remembered,
  partition: number,
  minVersion: MinVersion,
  now = performance.now(),
): void => {
  const ring = writes.get(partition) ?? { minVersions: [], ats: [], next: 0 };
  if (ring.minVersions.length === 0) writes.set(partition, ring);
  ring.minVersions[ring.next] = minVersion;
  ring.ats[ring.next] = now;
  ring.next = (ring.next + 1) % writesMax;
};

/** Returns the writes of the last seconds in these partitions: the newest version of each stream. */
export const recentWrites = (
  { writes }: Remembered,
  partitions: Iterable<number>,
  now = performance.now(),
): MinVersion[] => {
  const since = now - keepWritesMs;
  const newest = new Map<string, MinVersion>();
  for (const partition of partitions) {
    const { minVersions, ats } = writes.get(partition) ?? { minVersions: [], ats: [] };
    for (const [index, minVersion] of minVersions.entries()) {
      const key = `${minVersion[0]}:${minVersion[1]}`;
      const isNewer = minVersion[2] > (newest.get(key)?.[2] ?? 0);
      if ((ats[index] ?? 0) >= since && isNewer) newest.set(key, minVersion);
    }
  }
  return [...newest.values()];
};

const forgetFirst = <Key>(map: Map<Key, unknown>) => {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
};
