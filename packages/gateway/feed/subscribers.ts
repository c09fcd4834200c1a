import { leaveList, pumpList } from '../live/show-list.ts';
import type { Batch, EndReason, Feed, FollowsEvents, Subscriber } from './feed.ts';
import { blockOf, type Message } from './message.ts';
import { writePosition } from './position.ts';
import { type Entry, entryAt, nextOf } from './ring.ts';
import { messageOfEntry, writeBatch, writeBookmark, writeEnd, writeEntry } from './write-events.ts';

// Every subscriber reads the ring at its own pace. One whose connection does not take more is left alone until it does.
// So it delays nobody, and only the buffers of its connection wait for it. It is ended if the ring goes past it.

const stuckMaxMs = 30_000;
const bookmarkEveryMs = 15_000;

/** Adds a subscriber. It is removed when it is ended; call `removeSubscriber` when its connection closes. */
export const addSubscriber = (feed: Feed, subscriber: Subscriber): void => {
  const { client, follows } = subscriber;
  feed.subscribers.add(subscriber);
  addClient(feed, client);
  if (follows.kind === 'list') return;
  if (follows.thing === undefined) feed.broad.add(subscriber);
  else feed.ofThings.set(follows.thing, (feed.ofThings.get(follows.thing) ?? new Set()).add(subscriber));
};

/** The key of a stream, by which its subscribers are found. */
export const thingOf = (entity: string, id: string): string => `${entity}:${id}`;

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
  const { client, follows } = subscriber;
  subscriber.isOver = true;
  subscriber.over.abort();
  subscriber.onDrained?.();
  if (!feed.subscribers.delete(subscriber)) return;
  removeClient(feed, client);
  if (follows.kind === 'list') leaveList(subscriber, follows);
  else if (follows.thing === undefined) feed.broad.delete(subscriber);
  else leaveThing(feed, subscriber, follows.thing);
};

const leaveThing = ({ ofThings }: Feed, subscriber: Subscriber, thing: string): void => {
  const others = ofThings.get(thing);
  others?.delete(subscriber);
  if (others?.size === 0) ofThings.delete(thing);
};

/** Sends what there is for a subscriber, as far as its connection takes it. */
export const pump = (feed: Feed, subscriber: Subscriber): void => {
  const { follows } = subscriber;
  if (!subscriber.hasBegun || subscriber.isOver) return;
  if (follows.kind === 'list') return subscriber.outlet.together(() => pumpList(subscriber, follows));
  if (follows.number === undefined || (follows.thing !== undefined && !follows.isBehind)) return;
  follows.number = skip(feed, follows, follows.number);
  follows.isBehind = follows.number < nextOf(feed.ring);
  if (follows.isBehind && !pumpBatch(feed, subscriber, follows, follows.number))
    subscriber.outlet.together(() => pumpEvents(feed, subscriber, follows, follows.number ?? 0));
  if (follows.isUntilNow && !follows.isBehind) endReached(feed, subscriber, follows);
};

/** Ends a subscriber that has got what there is. It resumes behind all that the ring has. */
const endReached = (feed: Feed, subscriber: Subscriber, follows: FollowsEvents): void => {
  subscriber.position = positionBehindAll(feed, follows) ?? subscriber.position;
  endSubscriber(feed, subscriber, 'reached');
};

/** Returns the position behind everything that was read. Undefined if the database gave none yet. */
export const positionBehindAll = ({ ring }: Feed, { mark, witness }: FollowsEvents): string | undefined =>
  ring.latest === undefined ? undefined : writePosition(mark, ring.latest, ring.lastId ?? witness);

/** Returns the number of the first event from this one on that a subscriber wants, or that the ring no longer has. */
const skip = ({ ring }: Feed, { wants }: FollowsEvents, from: number): number => {
  let number = from;
  for (let entry = entryAt(ring, number); entry && !wants(entry.event); entry = entryAt(ring, number)) number += 1;
  return number;
};

/**
 * Sends all events from this number on in one piece, if others get the same. Returns whether it did. The piece is made
 * once for all of them.
 */
const pumpBatch = (feed: Feed, subscriber: Subscriber, follows: FollowsEvents, from: number): boolean => {
  const { outlet } = subscriber;
  if (follows.sharing === undefined || !outlet.writeBlocks || outlet.isFull()) return false;
  const key = `${from} ${follows.sharing}`;
  const batch = feed.batches.get(key) ?? openBatch(feed, follows, from);
  if (!batch) return false;
  feed.batches.set(key, batch);
  writeBatch(subscriber, batch);
  follows.number = nextOf(feed.ring);
  follows.isBehind = false;
  return true;
};

const batchBytesMax = 65_536;

/** Returns the messages from this number on in one piece. Undefined if it is one only, or if they are too large. */
const openBatch = ({ ring }: Feed, follows: FollowsEvents, from: number): Batch | undefined => {
  const messages: Message[] = [];
  let bytes = 0;
  for (let number = from; number < nextOf(ring); number += 1) {
    const entry = entryAt(ring, number);
    if (!entry || bytes > batchBytesMax) return undefined;
    const message = follows.wants(entry.event) ? messageOfEntry(follows, entry) : undefined;
    if (!message) continue;
    messages.push(message);
    bytes += blockOf(message).length;
  }
  if (messages.length < 2) return undefined;
  return { blocks: Buffer.concat(messages.map(blockOf)), position: messages.at(-1)?.id ?? '' };
};

const pumpEvents = (feed: Feed, subscriber: Subscriber, follows: FollowsEvents, from: number): void => {
  const { ring } = feed;
  for (let number = from; number < nextOf(ring); number += 1) {
    const entry = entryAt(ring, number);
    if (!entry) return endSubscriber(feed, subscriber, 'too-slow');
    if (follows.wants(entry.event)) {
      if (subscriber.outlet.isFull()) {
        subscriber.stuckSince ??= performance.now();
        return;
      }
      if (entry.change === 'lost' && follows.chosen) return endByLost(feed, subscriber, entry);
      if (!isReady(feed, follows, entry, number)) return; // it is pumped again when what the event did is known
      writeEntry(subscriber, follows, entry);
    }
    follows.number = number + 1;
  }
  follows.isBehind = false;
};

/** Ends a subscriber, as it could not be found out what an event did. For the next subscriber, that is tried again. */
const endByLost = (feed: Feed, subscriber: Subscriber, entry: Entry): void => {
  entry.change = undefined;
  endSubscriber(feed, subscriber, 'unavailable');
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

/** Sends the events of the ring from this number on to all subscribers that want them and do not catch up. */
export const pumpNew = (feed: Feed, from: number): void => {
  const { batches, broad, ofThings, ring } = feed;
  if (from === nextOf(ring)) return;
  batches.clear();
  for (const subscriber of broad) pump(feed, subscriber);
  batches.clear(); // nobody else begins where these did
  if (ofThings.size === 0) return;
  for (let number = from; number < nextOf(ring); number += 1) {
    const event = entryAt(ring, number)?.event;
    const followers = event && ofThings.get(thingOf(event.entity, event.entityId));
    for (const subscriber of followers ?? []) pumpFrom(feed, subscriber, number);
  }
};

/** Sends a subscriber of one thing its event with this number. Those between are of other things. */
const pumpFrom = (feed: Feed, subscriber: Subscriber, number: number): void => {
  const { follows } = subscriber;
  if (follows.kind === 'list' || follows.number === undefined) return;
  if (!follows.isBehind) follows.number = Math.max(follows.number, number);
  follows.isBehind = true;
  pump(feed, subscriber);
};

/** Goes on with all subscribers that wait for what an event did. */
export const pumpAll = (feed: Feed): void => {
  for (const subscriber of feed.subscribers) {
    const { follows } = subscriber;
    if (follows.kind === 'events' && follows.isBehind) pump(feed, subscriber);
  }
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
  const { isOver, outlet } = subscriber;
  if (!outlet.isFull() || isOver) return;
  subscriber.stuckSince ??= performance.now();
  await new Promise<void>((resolve) => {
    subscriber.onDrained = resolve; // also called when it is removed
  });
  subscriber.onDrained = undefined;
};

/**
 * Tells a subscriber why its subscription ends, and behind what it can resume. One that has not begun is answered by
 * its route.
 */
export const endSubscriber = (feed: Feed, subscriber: Subscriber, reason: EndReason): void => {
  const { hasBegun, isOver, outlet } = subscriber;
  if (isOver) return;
  removeSubscriber(feed, subscriber);
  subscriber.onEnd(reason);
  if (!hasBegun) return;
  writeEnd(subscriber, reason);
  outlet.end(subscriber.stuckSince !== undefined);
};

/** Ends all subscriptions. Nobody can join their lists any more: what comes next does not follow what they show. */
export const endAll = (feed: Feed, reason: EndReason): void => {
  for (const subscriber of [...feed.subscribers]) endSubscriber(feed, subscriber, reason);
  feed.lists.clear();
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

const bookmark = (feed: Feed, subscriber: Subscriber) => {
  const { follows } = subscriber;
  if (follows.kind === 'list') return writeBookmark(subscriber, undefined, follows.list.asOf);
  const isUpToDate = follows.number !== undefined && !follows.isBehind;
  writeBookmark(subscriber, isUpToDate ? positionBehindAll(feed, follows) : undefined);
};
