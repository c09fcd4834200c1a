import type { State } from '@muster/model';
import type { MinVersion } from '@muster/wire';

/**
 * The versions that this gateway returned in the last minute. It never returns an older one. A plain value. Only this
 * file changes it.
 */
export type Remembered = {
  versions: Map<string, { version: number; at: number }>; // by stream, the one returned last at the end
  states: Map<string, { state: State; at: number }>; // by stream: the newest ones of this gateway's commands
  // by partition, then stream: the writes of this gateway in the last seconds
  writes: Map<number, Map<string, { minVersion: MinVersion; at: number }>>;
  // by partition: more than can be in flight at once, so that the newest ones come after all older ones in the log
  writesMax: number;
};

const keepMs = 60_000;
const moveAfterMs = 1_000; // what was returned again and again need not move each time
const versionsMax = 100_000;
const keepStatesMs = 2_000; // longer than an aggregator usually lags
const statesMax = 10_000;

/**
 * How long counts and lists name a write of this gateway, in milliseconds. A replica with a smaller lag has all older
 * writes: its heartbeat came after them.
 */
export const keepWritesMs = 3_000;

export const openRemembered = (writesMax: number): Remembered => ({
  versions: new Map(),
  states: new Map(),
  writes: new Map(),
  writesMax,
});

/** Forgets everything, because the log was replaced. */
export const forgetAll = ({ versions, states, writes }: Remembered): void => {
  versions.clear();
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
  const known = versions.get(key);
  if (!state && known?.version === version && now - known.at < moveAfterMs) return;
  if (known) versions.delete(key); // moves it to the end
  versions.set(key, { version: Math.max(version, known?.version ?? 0), at: now });
  if (versions.size > versionsMax) forgetFirst(versions);
  if (!state || version < (known?.version ?? 0)) return;
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
  return recent.state.version < (versions.get(key)?.version ?? 0) ? undefined : recent.state;
};

/** The minimum version for reads of a stream now; 0 where nothing is remembered. */
export const rememberedVersion = ({ versions }: Remembered, key: string, now = performance.now()): number => {
  const known = versions.get(key);
  return known && now - known.at < keepMs + moveAfterMs ? known.version : 0;
};

/** Remembers a write, which counts and lists must show from now on. */
export const rememberWrite = (
  remembered: Remembered,
  partition: number,
  minVersion: MinVersion,
  now = performance.now(),
): void => {
  const writes = remembered.writes.get(partition) ?? new Map<string, { minVersion: MinVersion; at: number }>();
  remembered.writes.set(partition, writes);
  const key = `${minVersion[0]}:${minVersion[1]}`;
  writes.delete(key);
  writes.set(key, { minVersion, at: now });
  if (writes.size > remembered.writesMax) forgetFirst(writes);
};

/** Returns the writes of the last seconds in these partitions. */
export const recentWrites = (
  remembered: Remembered,
  partitions: Iterable<number>,
  now = performance.now(),
): MinVersion[] => {
  const since = now - keepWritesMs;
  const minVersions: MinVersion[] = [];
  for (const partition of partitions) {
    const writes = remembered.writes.get(partition);
    for (const [key, { minVersion, at }] of writes ?? []) {
      if (at >= since) minVersions.push(minVersion);
      else writes?.delete(key);
    }
  }
  return minVersions;
};

const forgetFirst = <Key>(map: Map<Key, unknown>) => {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
};
