import { backOffMs } from '@muster/runtime';
import { type Fed, type FeedItem, followFeed, type Place } from '@muster/store';
import type { Gateway } from '../gateway.ts';
import type { Feed, Subscriber } from './feed.ts';
import { numberBehind } from './ring.ts';
import { endSubscriber, pump } from './subscribers.ts';
import { writeEvent } from './write-events.ts';

/**
 * Sends a subscriber what lies behind a place, until it meets the ring: from the ring if that has the place, otherwise
 * by a change stream of its own. `onBegin` is called once, when it is certain that nothing is missing. If it was not
 * called, the result says why: the server no longer has the place, or does not answer.
 */
export const catchUp = async (
  gateway: Gateway,
  subscriber: Subscriber,
  place: Place,
  onBegin: () => void,
): Promise<'begun' | 'lost' | 'unavailable'> => {
  const { feed, log } = gateway;
  if (meetRing(feed, subscriber, place)) {
    onBegin();
    pump(feed, subscriber);
    return 'begun';
  }
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
      if (hasBegun) endSubscriber(subscriber, 'position-lost');
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
  for (const change of item.changes) {
    await sendChange(subscriber, change);
    if (meetRing(feed, subscriber, change.place)) {
      pump(feed, subscriber);
      return true;
    }
  }
  return false;
};

/** Lets a subscriber go on in the ring behind a place, if the ring has what follows it. */
const meetRing = ({ ring }: Feed, subscriber: Subscriber, place: Place): boolean => {
  const number = numberBehind(ring, place);
  if (number === undefined) return false;
  subscriber.number = number;
  return true;
};

const sendChange = async (subscriber: Subscriber, { event, place }: Fed): Promise<void> => {
  if (!event || !subscriber.wants(event)) return;
  writeEvent(subscriber, { event, place, text: undefined });
  await untilTaken(subscriber);
};

/** Waits until the connection takes more, or is closed. */
export const untilTaken = async ({ over, response }: Subscriber): Promise<void> => {
  if (!response.writableNeedDrain || over.signal.aborted) return;
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
