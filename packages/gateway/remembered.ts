import type { MinVersion } from '@muster/wire';

/**
 * The versions that this gateway returned in the last minute. It never returns an older one. A plain value. Only this
 * file changes it.
 */
export type Remembered = {
  versions: Map<string, { version: number; at: number }>; // by stream, the one returned last at the end
  // by partition, then stream: the writes of this gateway in the last seconds
  writes: Map<number, Map<string, { minVersion: MinVersion; at: number }>>;
  // by partition: more than can be in flight at once, so that the newest ones come after all older ones in the log
  writesMax: number;
};

const keepMs = 60_000;
const versionsMax = 100_000;

/**
 * How long counts and lists name a write of this gateway, in milliseconds. A replica with a smaller lag has all older
 * writes: its heartbeat came after them.
 */
export const keepWritesMs = 3_000;

export const openRemembered = (writesMax: number): Remembered => ({
  versions: new Map(),
  writes: new Map(),
  writesMax,
});

/** Forgets everything, because the log was replaced. */
export const forgetAll = ({ versions, writes }: Remembered): void => {
  versions.clear();
  writes.clear();
};

/** Remembers that this version of a stream was returned; `now` is `performance.now()`. */
export const remember = ({ versions }: Remembered, key: string, version: number, now = performance.now()): void => {
  const known = versions.get(key);
  if (known) versions.delete(key); // moves it to the end
  versions.set(key, { version: Math.max(version, known?.version ?? 0), at: now });
  if (versions.size > versionsMax) forgetFirst(versions);
};

/** The minimum version for reads of a stream now; 0 where nothing is remembered. */
export const rememberedVersion = ({ versions }: Remembered, key: string, now = performance.now()): number => {
  const known = versions.get(key);
  return known && now - known.at < keepMs ? known.version : 0;
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
