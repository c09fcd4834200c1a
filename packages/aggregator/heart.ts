import { randomBytes } from 'node:crypto';
import type { Heartbeat } from '@muster/store';

/**
 * The heartbeats of this incarnation: those that were written, and those that came back through the change stream. A
 * plain value; only this file changes it. Times are milliseconds on the monotonic clock.
 */
export type Heart = {
  name: string;
  incarnation: string;
  sent: number; // the number of the last heartbeat written
  sentAt: Map<number, number>; // when each heartbeat was written that has not come back yet
  returned: number; // the number of the last own heartbeat that came back
  returnedSentAt: number; // when that heartbeat was written
  last: Heartbeat | undefined; // the last heartbeat of any aggregator; a checkpoint gets its position
  lastAt: number; // when that heartbeat came back
};

/** A replica reports that it is behind when its last heartbeat that came back is older than this; in milliseconds. */
export const behindAfterMs = 10_000;

export const openHeart = (name: string): Heart => ({
  name,
  incarnation: randomBytes(6).toString('hex'),
  sent: 0,
  sentAt: new Map(),
  returned: 0,
  returnedSentAt: performance.now(),
  last: undefined,
  lastAt: Number.NEGATIVE_INFINITY,
});

/** Begins another incarnation. Heartbeats of the former one no longer count. */
export const beginAnew = (heart: Heart): void => {
  Object.assign(heart, openHeart(heart.name));
};

/**
 * Discards the last heartbeat. Call it before a change stream is opened at another position: a heartbeat of the former
 * stream does not show how far the new one has come.
 */
export const forgetPlace = (heart: Heart): void => {
  heart.last = undefined;
  heart.lastAt = Number.NEGATIVE_INFINITY;
};

/** Returns the value of the next heartbeat. The caller writes it now. */
export const nextBeat = (heart: Heart): string => {
  heart.sent += 1;
  heart.sentAt.set(heart.sent, performance.now());
  const oldest = heart.sent - 120;
  heart.sentAt.delete(oldest); // bounds the map: while the database is down, heartbeats are not written or returned
  return `${heart.incarnation}:${heart.sent}`;
};

/** Notes a heartbeat that the change stream returned. Returns true if it is a newer one of this incarnation. */
export const seeHeartbeat = (heart: Heart, heartbeat: Heartbeat): boolean => {
  heart.last = heartbeat;
  heart.lastAt = performance.now();
  const [incarnation, number] = heartbeat.beat.split(':');
  const beat = Number(number);
  if (heartbeat.aggregator !== heart.name || incarnation !== heart.incarnation || beat <= heart.returned) return false;
  heart.returned = beat;
  heart.returnedSentAt = heart.sentAt.get(beat) ?? heart.returnedSentAt;
  for (const earlier of heart.sentAt.keys()) if (earlier <= beat) heart.sentAt.delete(earlier);
  return true;
};

/** How far this replica may be behind the log, in milliseconds: the age of its last heartbeat that came back. */
export const lagMs = (heart: Heart): number => performance.now() - heart.returnedSentAt;

export const isBehind = (heart: Heart): boolean => lagMs(heart) > behindAfterMs;
