import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entity } from '@muster/model';
import { type EventKey, scanInOrder } from '@muster/store';
import type { Gateway } from '../gateway.ts';
import { sendEvent, takenAtOnce } from './catch-up.ts';
import type { FollowsEvents, Subscriber } from './feed.ts';
import { openStates } from './states.ts';

/** Which part of the log a subscription is about. */
export type FeedScope = { entities: readonly Entity[]; id: string | undefined };

/**
 * Sends a subscriber the events of the log from the first one, or behind the event `after`: each stream in its order.
 * `positionOf` returns the position of an event of the scan.
 */
export const scanLog = async (
  gateway: Gateway,
  subscriber: Subscriber,
  follows: FollowsEvents,
  { entities, id }: FeedScope,
  after: EventKey | undefined,
  positionOf: (key: EventKey, witness: string | undefined) => string,
): Promise<void> => {
  const states = openStates();
  let taken = 0;
  const begun = after ? entities.filter(({ name }) => name >= after.entity) : entities;
  for (const entity of [...begun].sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const from = after?.entity === entity.name ? after : undefined;
    for await (const event of scanInOrder(gateway.log, entity.name, id, from, scanBatchMs)) {
      if (subscriber.over.signal.aborted) return;
      const key = { entity: entity.name, entityId: event.entityId, version: event.version };
      follows.witness = newerOf(follows.witness, event._id);
      await sendEvent(gateway, subscriber, follows, states, event, positionOf(key, follows.witness));
      taken += 1;
      if (taken % takenAtOnce === 0) await nextTurn();
    }
  }
};

// a scan goes from thing to thing: the event that it reads last is not the newest. Ids begin with the time
const newerOf = (known: string | undefined, id: string): string => (known === undefined || known < id ? id : known);

const scanBatchMs = 10_000;
