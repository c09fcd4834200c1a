import { setImmediate as nextTurn } from 'node:timers/promises';
import { backOffMs } from '@muster/runtime';
import { type FeedItem, followFeed, type Place, type StoredEvent } from '@muster/store';
import type { Gateway } from '../gateway.ts';
import type { Feed, FollowsEvents, Subscriber } from './feed.ts';
import { loadChange } from './load-change.ts';
import { writePosition } from './position.ts';
import { numberBehind } from './ring.ts';
import { openStates, type States } from './states.ts';
import { endSubscriber, pump, untilTaken } from './subscribers.ts';
import { writeMessage } from './write-events.ts';

/**
 * Sends a subscriber what lies behind a place, by a change stream of its own, until it meets the ring. `onBegin` is
 * called once, when it is certain that nothing is missing. If it was not called, the result says why: the server no
 * longer has the place, or does not answer.
 */
export const catchUp = async (
  gateway: Gateway,
  subscriber: Subscriber,
  follows: FollowsEvents,
  place: Place,
  onBegin: () => void,
): Promise<'begun' | 'lost' | 'unavailable'> => {
  const { feed, log } = gateway;
  const { signal } = subscriber.over;
  const states = openStates();
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
    if (await takeItem(gateway, subscriber, follows, states, item)) break;
  }
  return 'begun';
};

const brokenMax = 3;

/** Sends changes until the ring has what follows one of them. Returns whether it does. */
const takeItem = async (
  gateway: Gateway,
  subscriber: Subscriber,
  follows: FollowsEvents,
  states: States,
  item: FeedItem,
): Promise<boolean> => {
  if (item.kind !== 'changes') return false;
  let taken = 0;
  for (const { event, place } of item.changes) {
    if (subscriber.isOver) return true;
    if (event) {
      follows.witness = event._id;
      await sendEvent(gateway, subscriber, follows, states, event, writePosition(follows.mark, place, event._id));
    }
    if (goOnInRing(gateway.feed, subscriber, follows, place)) return true;
    taken += 1;
    if (taken % takenAtOnce === 0) await nextTurn();
  }
  return false;
};

/** After so many events that are sent one by one, other work is done. */
export const takenAtOnce = 100;

/** Lets a subscriber go on in the ring behind a place. Returns false if the ring does not have what follows it. */
export const goOnInRing = (feed: Feed, subscriber: Subscriber, follows: FollowsEvents, place: Place): boolean => {
  const number = numberBehind(feed.ring, place);
  if (number === undefined || subscriber.isOver) return false;
  follows.number = number;
  follows.isBehind = true;
  pump(feed, subscriber);
  return true;
};

/** Sends an event that is not in the ring, at this position, if the subscriber wants it. */
export const sendEvent = async (
  gateway: Gateway,
  subscriber: Subscriber,
  { chosen, entities, wants }: FollowsEvents,
  states: States,
  event: StoredEvent,
  position: string,
): Promise<void> => {
  const entity = entities.get(event.entity);
  if (!entity || !wants(event)) return;
  const { signal } = subscriber.over;
  const change = chosen && (await loadChange(gateway, states, entity, event, chosen.needs, signal));
  if (signal.aborted || (chosen && change && !chosen.isMet(event, change))) return;
  writeMessage(subscriber, entity, event, position, change, chosen?.shows);
  await untilTaken(subscriber);
};
