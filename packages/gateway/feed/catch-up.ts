import { setImmediate as nextTurn } from 'node:timers/promises';
import { backOffMs } from '@muster/runtime';
import { type Fed, type FeedItem, followFeed, type Place } from '@muster/store';
import type { Gateway } from '../gateway.ts';
import type { Feed, Subscriber } from './feed.ts';
import { numberBehind } from './ring.ts';
import { endSubscriber, pump } from './subscribers.ts';
import { writeEvent } from './write-events.ts';

/**
 * Sends a subscriber what lies behind a place, by a change stream of its own, until it meets the ring. `onBegin` is
 * called once, when it is certain that nothing is missing. If it was not called, the result says why: the server no
 * longer has the place, or does not answer.
 */
export const catchUp = async (
  gateway: Gateway,
  subscriber: Subscriber,
  place: Place,
  onBegin: () => void,
): Promise<'begun' | 'lost' | 'unavailable'> => {
  const { feed, log } = gateway;
  const { signal } = subscriber.over;
  let [hasBegun, broken] = [false, 0];
  for await (const item of followFeed(log, { from: place, signal, pauseMs: backOffMs })) {
    if (item.kind === 'opened' && !hasBegun) {
      hasBegun = true;
      onBegin();
    }
    if (item.kind === 'broken') broken += 1;
    if (broken === brokenMax && !hasBegun) return 'unavailable';
    if (item.kind === 'lost') {
      if (hasBegun) endSubscriber(feed, subscriber, 'position-lost');
      return hasBegun ? 'begun' : 'lost';
    }
    if (await takeItem(feed, subscriber, item)) break;
  }
  return 'begun';
};

const brokenMax = 3;

/** Sends changes until the ring has what follows one of them. Returns whether it does. */
const takeItem = async (feed: Feed, subscriber: Subscriber, item: FeedItem): Promise<boolean> => {
  if (item.kind !== 'changes') return false;
  let taken = 0;
  for (const change of item.changes) {
    if (subscriber.over.signal.aborted) return true;
    await sendChange(subscriber, change);
    if (goOnInRing(feed, subscriber, change.place)) return true;
    taken += 1;
    if (taken % takenAtOnce === 0) await nextTurn();
  }
  return false;
};

/** After so many events that are sent one by one, other work is done. */
export const takenAtOnce = 100;

/** Lets a subscriber go on in the ring behind a place. Returns false if the ring does not have what follows it. */
export const goOnInRing = (feed: Feed, subscriber: Subscriber, place: Place): boolean => {
  const number = numberBehind(feed.ring, place);
  if (number === undefined || subscriber.over.signal.aborted) return false;
  subscriber.number = number;
  if (subscriber.hasBegun) pump(feed, subscriber);
  return true;
};

const sendChange = async (subscriber: Subscriber, { event, place }: Fed): Promise<void> => {
  if (!event || !subscriber.wants(event)) return;
  writeEvent(subscriber, { event, place, text: undefined });
  await untilTaken(subscriber);
};

/** Waits until the connection takes more, or is closed. If that takes too long, the subscriber is ended. */
export const untilTaken = async (subscriber: Subscriber): Promise<void> => {
  const { over, response } = subscriber;
  if (!response.writableNeedDrain || over.signal.aborted) return;
  subscriber.stuckSince ??= performance.now();
  await new Promise<void>((resolve) => {
    const settle = () => {
      response.off('drain', settle);
      over.signal.removeEventListener('abort', settle);
      resolve();
    };
    response.on('drain', settle);
    over.signal.addEventListener('abort', settle);
  });
};
