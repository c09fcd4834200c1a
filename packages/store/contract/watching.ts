import { until } from '@muster/testing';
import type { StoredEvent } from '../documents.ts';
import type { Log } from '../open-log.ts';
import type { Position } from '../position.ts';
import type { WatchOptions } from '../watch-log.ts';
import type { Heartbeat, Watched } from '../watched.ts';
import { deadlineMs } from './notes.ts';
import { partitions, type Store } from './subject.ts';

/** What a watch has yielded so far. */
export type Seen = {
  kinds: Watched['kind'][];
  events: StoredEvent[];
  runs: number[]; // the number of events that came at once
  heartbeats: Heartbeat[];
  beats: string[];
};

export type Watching = AsyncDisposable & {
  seen: Seen;
  until: (what: string, holds: (seen: Seen) => boolean, withinMs?: number) => Promise<unknown>;
};

/** Starts a watch in the background and stores what it yields. Default: no partitions, from now on. */
export const startWatch = (store: Store, log: Log, options: Partial<WatchOptions>): Watching => {
  const seen: Seen = { kinds: [], events: [], runs: [], heartbeats: [], beats: [] };
  const stop = new AbortController();
  const whole = { partitions: [], from: undefined, pauseMs: () => 20, ...options, signal: stop.signal };
  const watching = collect(store, log, whole, seen);
  const close = async () => {
    stop.abort();
    await watching;
  };
  return {
    seen,
    until: (what, holds, withinMs) => until(what, () => holds(seen), withinMs),
    [Symbol.asyncDispose]: close,
  };
};

/** The same, but resolves when the watch is open, so that it yields all later changes. */
export const openWatch = async (store: Store, log: Log, options: Partial<WatchOptions>): Promise<Watching> => {
  const watch = startWatch(store, log, options);
  await watch.until('the watch is open', ({ kinds }) => kinds.includes('opened'));
  return watch;
};

/** Writes the heartbeat `name:number`. Joins under that name first, unless it has joined. */
export const beat = async ({ beatHeart, joinMembers }: Store, log: Log, name: string, number: number) => {
  const member = {
    _id: name,
    incarnation: name,
    beat: `${name}:${number}`,
    startedAt: new Date(0),
    address: '127.0.0.1:1',
    healthPort: 1,
    state: 'serving' as const,
    partitions,
    warming: [],
  };
  if (!(await beatHeart(log, member, false, deadlineMs))) await joinMembers(log, member, deadlineMs);
};

/** Returns `count` new positions of the log, each later than the one before. */
export const nextPositions = async (store: Store, log: Log, count: number): Promise<Position[]> => {
  await using watch = await openWatch(store, log, {});
  for (let number = 1; number <= count; number += 1) {
    await beat(store, log, 'aggregator-0', number);
    const writtenAt = Date.now();
    await watch.until(`heartbeat ${number} arrives`, ({ heartbeats }) => heartbeats.length === number);
    // an update in the same millisecond does not change the time of the heartbeat, and so is none
    await until('the next millisecond', () => Date.now() > writtenAt);
  }
  return watch.seen.heartbeats.map(({ position }) => position);
};

const collect = async ({ watchLog }: Store, log: Log, options: WatchOptions, seen: Seen) => {
  for await (const watched of watchLog(log, options)) {
    seen.kinds.push(watched.kind);
    if (watched.kind === 'events') {
      seen.events.push(...watched.events);
      seen.runs.push(watched.events.length);
    }
    if (watched.kind !== 'heartbeat') continue;
    seen.heartbeats.push(watched.heartbeat);
    seen.beats.push(watched.heartbeat.beat);
  }
};
