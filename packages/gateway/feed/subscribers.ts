import type { EndReason, Feed, Subscriber } from './feed.ts';
import { entryAt, nextOf } from './ring.ts';
import { writeBookmark, writeEnd, writeEvent } from './write-events.ts';

// Every subscriber reads the ring at its own pace. One whose connection does not take more is left alone until it does.
// So it delays nobody, and only the buffers of its connection wait for it. It is ended if the ring goes past it.

const stuckMaxMs = 30_000;
const bookmarkEveryMs = 15_000;
const closedWithinMs = 5_000;

/** Adds a subscriber. It is removed when it is ended, or when its connection closes. */
export const addSubscriber = (feed: Feed, subscriber: Subscriber): void => {
  const { client, response } = subscriber;
  feed.subscribers.add(subscriber);
  feed.perClient.set(client, (feed.perClient.get(client) ?? 0) + 1);
  feed.idleSince = performance.now();
  response.on('error', () => undefined); // 'close' follows
  response.once('close', () => removeSubscriber(feed, subscriber));
  response.on('drain', () => {
    subscriber.stuckSince = undefined;
    if (subscriber.number !== undefined) pump(feed, subscriber);
  });
};

/** Removes a subscriber. Does nothing if that was done before. */
export const removeSubscriber = (feed: Feed, subscriber: Subscriber): void => {
  subscriber.over.abort();
  if (!feed.subscribers.delete(subscriber)) return;
  const left = (feed.perClient.get(subscriber.client) ?? 1) - 1;
  if (left > 0) feed.perClient.set(subscriber.client, left);
  else feed.perClient.delete(subscriber.client);
  feed.idleSince = performance.now();
};

/** Sends what the ring has for a subscriber, as far as its connection takes it. */
export const pump = (feed: Feed, subscriber: Subscriber): void => {
  const { over, response, wants } = subscriber;
  const { ring } = feed;
  response.cork();
  while (subscriber.number !== undefined && subscriber.number < nextOf(ring) && !over.signal.aborted) {
    const entry = entryAt(ring, subscriber.number);
    if (!entry) {
      endSubscriber(feed, subscriber, 'too-slow');
      break;
    }
    if (response.writableNeedDrain) {
      subscriber.stuckSince ??= performance.now();
      break;
    }
    subscriber.number += 1;
    if (wants(entry.event)) writeEvent(subscriber, entry);
  }
  response.uncork();
};

/** Sends new events to all subscribers that do not catch up. */
export const pumpAll = (feed: Feed): void => {
  for (const subscriber of feed.subscribers) if (subscriber.number !== undefined) pump(feed, subscriber);
};

/**
 * Tells a subscriber why its subscription ends, and behind what it can resume. Then closes the connection. One that has
 * not begun is answered by its route.
 */
export const endSubscriber = (feed: Feed, subscriber: Subscriber, reason: EndReason): void => {
  const { hasBegun, over, response } = subscriber;
  if (over.signal.aborted) return;
  removeSubscriber(feed, subscriber);
  subscriber.onEnd(reason);
  if (!hasBegun) return;
  writeEnd(subscriber, reason);
  response.end();
  setTimeout(() => response.destroy(), closedWithinMs).unref(); // it may not read that either
};

export const endAll = (feed: Feed, reason: EndReason): void => {
  for (const subscriber of [...feed.subscribers]) endSubscriber(feed, subscriber, reason);
};

/** Sends bookmarks to idle subscribers, and ends those that do not read or whose key no longer counts. */
export const tendAll = (feed: Feed, now = performance.now()): void => {
  const { ring, subscribers } = feed;
  for (const subscriber of [...subscribers]) {
    if (!subscriber.hasBegun) continue;
    const { number, sentAt, stuckSince } = subscriber;
    if (!subscriber.isAllowed()) endSubscriber(feed, subscriber, 'key-refused');
    else if (stuckSince !== undefined && now - stuckSince > stuckMaxMs) endSubscriber(feed, subscriber, 'too-slow');
    else if (now - sentAt >= bookmarkEveryMs && stuckSince === undefined)
      writeBookmark(subscriber, number === nextOf(ring) ? ring.latest : undefined);
  }
};
