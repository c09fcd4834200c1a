import { randomBytes } from 'node:crypto';
import type { Heartbeat } from '@muster/store';

/**
 * This start's heartbeats: what was sent, what came back through the change stream. A plain value, changed in this file
 * only. Times on the monotonic clock.
 */
export type Heart = {
  name: string;
  incarnation: string;
  sent: number; // the number of the last heartbeat written
  sentAt: Map<number, number>; // of those that have not come back
  returned: number; // the number of the last own one that came back
  returnedSentAt: number; // when that one was sent
  last: Heartbeat | undefined; // the last of anybody's: its position is what a checkpoint may hold
};

/** Past this age of the last own heartbeat that came back, a replica says that it is behind; in milliseconds. */
export const behindAfterMs = 10_000;

export const openHeart = (name: string): Heart => ({
  name,
  incarnation: randomBytes(6).toString('hex'),
  sent: 0,
  sentAt: new Map(),
  returned: 0,
  returnedSentAt: performance.now(),
  last: undefined,
});

/** Another incarnation: nothing of the former one is awaited. */
export const beginAnew = (heart: Heart): void => {
  Object.assign(heart, openHeart(heart.name));
};

/**
 * The stream that is opened next is another one, at another place of the log: what the former brought last says nothing
 * of it.
 */
export const forgetPlace = (heart: Heart): void => {
  heart.last = undefined;
};

/** The next heartbeat's value, to be written now. */
export const nextBeat = (heart: Heart): string => {
  heart.sent += 1;
  heart.sentAt.set(heart.sent, performance.now());
  const oldest = heart.sent - 120;
  heart.sentAt.delete(oldest); // the database was away: what was not written never comes back
  return `${heart.incarnation}:${heart.sent}`;
};

/** Takes note of a heartbeat that came through the change stream. Returns whether it is a newer one of this start. */
export const seeHeartbeat = (heart: Heart, heartbeat: Heartbeat): boolean => {
  heart.last = heartbeat;
  const [incarnation, number] = heartbeat.beat.split(':');
  const beat = Number(number);
  if (heartbeat.aggregator !== heart.name || incarnation !== heart.incarnation || beat <= heart.returned) return false;
  heart.returned = beat;
  heart.returnedSentAt = heart.sentAt.get(beat) ?? heart.returnedSentAt;
  for (const earlier of heart.sentAt.keys()) if (earlier <= beat) heart.sentAt.delete(earlier);
  return true;
};

/** How old what this process knows may be, in milliseconds: the age of its last heartbeat that came back. */
export const lagMs = (heart: Heart): number => performance.now() - heart.returnedSentAt;

export const isBehind = (heart: Heart): boolean => lagMs(heart) > behindAfterMs;
