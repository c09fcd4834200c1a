import { leaveList, pumpList } from '../live/show-list.ts';
import type { EndReason, Feed, FollowsEvents, Subscriber } from './feed.ts';
import { type Entry, entryAt, nextOf } from './ring.ts';
import { writeBookmark, writeEnd, writeEntry } from './write-events.ts';

// Every subscriber reads the ring at its own pace. One whose connection does not take more is left alone until it does.
// So it delays nobody, and only the buffers of its connection wait for it. It is ended if the ring goes past it.

const stuckMaxMs = 30_000;
const bookmarkEveryMs = 15_000;

/** Adds a subscriber. It is removed when it is ended; call `removeSubscriber` when its connection closes. */
export const addSubscriber = (feed: Feed, subscriber: Subscriber): void => {
  feed.subscribers.add(subscriber);
  addClient(feed, subscriber.client);
};

/** Counts a subscription or a WebSocket of a client. */
export const addClient = (feed: Feed, client: string): void => {
  feed.perClient.set(client, (feed.perClient.get(client) ?? 0) + 1);
  feed.idleSince = performance.now();
};

/** The reverse of `addClient`. */
export const removeClient = (feed: Feed, client: string): void => {
  const left = (feed.perClient.get(client) ?? 1) - 1;
  if (left > 0) feed.perClient.set(client, left);
  else feed.perClient.delete(client);
  feed.idleSince = performance.now();
};

/** Removes a subscriber. Does nothing if that was done before. */
export const removeSubscriber = (feed: Feed, subscriber: Subscriber): void => {
  subscriber.over.abort();
  if (!feed.subscribers.delete(subscriber)) return;
  removeClient(feed, subscriber.client);
  if (subscriber.follows.kind === 'list') leaveList(subscriber, subscriber.follows);
};

/** Sends what there is for a subscriber, as far as its connection takes it. */
export const pump = (feed: Feed, subscriber: Subscriber): void => {
  if (!subscriber.hasBegun || subscriber.over.signal.aborted) return;
  const { follows } = subscriber;
  switch (follows.kind) {
    case 'events':
      if (follows.number !== undefined)
        return subscriber.outlet.together(() => pumpEvents(feed, subscriber, follows, follows.number as number));
      return;
    case 'list':
      return subscriber.outlet.together(() => pumpList(subscriber, follows));
  }
};

const pumpEvents = (feed: Feed, subscriber: Subscriber, follows: FollowsEvents, from: number): void => {
  const { ring } = feed;
  for (let number = from; number < nextOf(ring); number += 1) {
    const entry = entryAt(ring, number);
    if (!entry) return endSubscriber(feed, subscriber, 'too-slow');
    if (subscriber.outlet.isFull()) {
      subscriber.stuckSince ??= performance.now();
      return;
    }
    if (follows.wants(entry.event)) {
      if (entry.change === 'lost' && follows.chosen) return endSubscriber(feed, subscriber, 'unavailable');
      if (!isReady(feed, follows, entry, number)) return; // it is pumped again when what the event did is known
      writeEntry(subscriber, follows, entry);
    }
    follows.number = number + 1;
  }
};

/** Whether a subscriber can be sent this entry. If not, what it needs is looked up, also for the entries behind it. */
const isReady = ({ ring }: Feed, { chosen, wants }: FollowsEvents, entry: Entry, number: number): boolean => {
  if (!chosen || chosen.prepare(entry)) return true;
  for (let ahead = 1; ahead < readAhead; ahead += 1) {
    const other = entryAt(ring, number + ahead);
    if (!other) break;
    if (wants(other.event)) chosen.prepare(other);
  }
  return false;
};

const readAhead = 32;

/** Sends new events to all subscribers that do not catch up. */
export const pumpAll = (feed: Feed): void => {
  for (const subscriber of feed.subscribers) if (subscriber.follows.kind === 'events') pump(feed, subscriber);
};

/** Goes on after the connection of a subscriber took what it was sent. */
export const goOnAfterDrain = (feed: Feed, subscriber: Subscriber): void => {
  subscriber.stuckSince = undefined;
  subscriber.onDrained?.();
  pump(feed, subscriber);
};

/**
 * Waits until the connection of a subscriber takes more, or is closed. If that takes too long, the subscriber is ended.
 */
export const untilTaken = async (subscriber: Subscriber): Promise<void> => {
  const { outlet, over } = subscriber;
  if (!outlet.isFull() || over.signal.aborted) return;
  subscriber.stuckSince ??= performance.now();
  await new Promise<void>((resolve) => {
    const goOn = () => {
      over.signal.removeEventListener('abort', goOn);
      resolve();
    };
    over.signal.addEventListener('abort', goOn);
    subscriber.onDrained = goOn;
  });
  subscriber.onDrained = undefined;
};

/**
 * Tells a subscriber why its subscription ends, and behind what it can resume. One that has not begun is answered by
 * its route.
 */
export const endSubscriber = (feed: Feed, subscriber: Subscriber, reason: EndReason): void => {
  const { hasBegun, outlet, over } = subscriber;
  if (over.signal.aborted) return;
  removeSubscriber(feed, subscriber);
  subscriber.onEnd(reason);
  if (!hasBegun) return;
  writeEnd(subscriber, reason);
  outlet.end(subscriber.stuckSince !== undefined);
};

export const endAll = (feed: Feed, reason: EndReason): void => {
  for (const subscriber of [...feed.subscribers]) endSubscriber(feed, subscriber, reason);
};

/** Sends bookmarks to idle subscribers, and ends those that do not read or whose key no longer counts. */
export const tendAll = (feed: Feed, now = performance.now()): void => {
  for (const subscriber of [...feed.subscribers]) {
    if (!subscriber.hasBegun) continue;
    const { sentAt, stuckSince } = subscriber;
    if (!subscriber.isAllowed()) endSubscriber(feed, subscriber, 'key-refused');
    else if (stuckSince !== undefined && now - stuckSince > stuckMaxMs) endSubscriber(feed, subscriber, 'too-slow');
    else if (now - sentAt >= bookmarkEveryMs && stuckSince === undefined) bookmark(feed, subscriber);
  }
};

const bookmark = ({ ring }: Feed, subscriber: Subscriber) => {
  const { follows } = subscriber;
  if (follows.kind === 'list') writeBookmark(subscriber, undefined, follows.list.asOf);
  else writeBookmark(subscriber, follows.number === nextOf(ring) ? ring.latest : undefined);
};
