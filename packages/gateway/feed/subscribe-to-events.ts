import { keyOfThing, meetsAll, type State } from '@muster/model';
import { hasEvent, type StoredEvent } from '@muster/store';
import type { Gateway } from '../gateway.ts';
import { leavePlace, takePlace } from '../places.ts';
import { invalid, type Problem, unavailable } from '../problem.ts';
import { catchUp, goOnInRing } from './catch-up.ts';
import type { Chosen, Feed, FollowsEvents, Subscriber } from './feed.ts';
import { type Asking, cannot, findNoPlaceFor, openSubscription } from './open-subscription.ts';
import { type AskedEvents, parseFeed, sharedOf } from './parse-feed.ts';
import { type Position, writeScanPosition } from './position.ts';
import { prepareChange } from './prepare-change.ts';
import { entryAt, nextOf, numberBehind } from './ring.ts';
import { ensureFeed } from './run-feed.ts';
import { type FeedScope, scanLog } from './scan-log.ts';
import type { Change } from './states.ts';
import { endSubscriber, positionBehindAll, pump, thingOf } from './subscribers.ts';
import { writeBegin } from './write-events.ts';

const catchUpWaitMs = 30_000;

/** Subscribes to events. Resolves when the subscription begins, or with a problem. */
export const subscribeToEvents = async (
  gateway: Gateway,
  given: FeedScope,
  asking: Asking,
): Promise<Problem | undefined> => {
  const parsed = parseFeed(asking.query, asking.lastEventId, given);
  if (parsed.kind === 'faults') return invalid(parsed.faults);
  const { asked } = parsed;
  const isFull = asked.shows === 'full';
  const forbidden = isFull ? findNoSite(gateway, asking) : undefined;
  if (forbidden) return forbidden;
  const scope = isFull ? sharedOf(given) : given;
  const refused = findNoPlaceFor(gateway, asking.client);
  if (refused) return refused;
  ensureFeed(gateway);
  const { feed } = gateway;
  if (asked.mark !== '' && asked.mark !== feed.mark) return tooOld; // of a log that was replaced
  const follows = openFollows(gateway, scope, asked);
  return openSubscription(gateway, asking, follows, asked.position, (subscriber, onBegun) => {
    const begin = () => {
      asking.begin();
      writeBegin(subscriber);
      onBegun();
    };
    return serve(gateway, subscriber, follows, scope, asked.from, begin);
  });
};

/** Returns why a client cannot follow this Muster as another site does. */
const findNoSite = ({ settings }: Gateway, { isSite }: Asking): Problem | undefined => {
  if (!isSite()) return scopeTooSmall;
  if (settings.SITE !== '') return undefined;
  const detail = 'this Muster has no name among the sites: set SITE of its gateways';
  return invalid([{ pointer: '/state', code: 'invalid-parameter', detail }]);
};

const scopeTooSmall: Problem = {
  name: 'scope-too-small',
  detail: 'All fields of a state need a key with the scope "site": muster keys create --scope site makes one',
};

const openFollows = (gateway: Gateway, { entities, id }: FeedScope, asked: AskedEvents): FollowsEvents => {
  const names = new Set(entities.map(({ name }) => name));
  const { filters, types, shows, isUntilNow } = asked;
  const isChosen = filters.length > 0 || shows !== undefined;
  return {
    kind: 'events',
    thing: id === undefined || !entities[0] ? undefined : thingOf(entities[0].name, id),
    sharing: id === undefined && !isChosen ? JSON.stringify([[...names], types && [...types]]) : undefined,
    entities: gateway.feed.entities,
    wants: ({ entity, entityId, type }: StoredEvent) =>
      names.has(entity) && (id === undefined || entityId === id) && (types === undefined || types.has(type)),
    chosen: chosenOf(gateway, asked),
    ...{ number: undefined, isBehind: false, mark: gateway.feed.mark, isUntilNow },
    witness: typeof asked.from === 'object' ? asked.from.witness : undefined,
  };
};

const chosenOf = (gateway: Gateway, { filters, shows }: AskedEvents): Chosen | undefined => {
  if (filters.length === 0 && shows === undefined) return undefined;
  const needs = filters.length > 0 ? 'both' : 'after';
  const meets = (id: string, state: State | undefined) =>
    state?.status === 'active' && meetsAll(filters, (field) => keyOfThing(id, state, field));
  return {
    ...{ needs, shows },
    // an event whose effect is not clear is not left out
    isMet: ({ entityId }: StoredEvent, change: Change) =>
      change.kind === 'unclear' ||
      filters.length === 0 ||
      meets(entityId, change.after) ||
      meets(entityId, change.before),
    prepare: (entry) => {
      const entity = gateway.feed.entities.get(entry.event.entity);
      return !entity || prepareChange(gateway, entity, entry, needs);
    },
  };
};

/** Serves a subscriber until it goes on in the ring. Returns a problem, unless it called `begin`. */
const serve = async (
  gateway: Gateway,
  subscriber: Subscriber,
  follows: FollowsEvents,
  scope: FeedScope,
  from: AskedEvents['from'],
  begin: () => void,
): Promise<Problem | undefined> => {
  const { feed } = gateway;
  const { signal } = subscriber.over;
  if (from === 'now') {
    follows.number = nextOf(feed.ring);
    follows.isBehind = follows.isUntilNow; // nothing may come of one thing that would end it
    subscriber.position = positionBehindAll(feed, follows) ?? '';
    begin();
    return void (follows.isUntilNow && pump(feed, subscriber));
  }
  if (
    from !== 'start' &&
    from.kind === 'place' &&
    isOfRing(feed, from) &&
    goOnInRing(feed, subscriber, follows, from.place)
  ) {
    begin();
    return void pump(feed, subscriber);
  }
  if (!(await takePlace(feed.catchUps, catchUpWaitMs, signal)))
    return unavailable(`${cannot}: as many subscriptions as may read the log at once are reading it already`);
  try {
    const problem = from === 'start' ? undefined : await findOtherLog(gateway, from);
    if (problem) return problem;
    if (from !== 'start' && from.kind === 'place') return await goOn(gateway, subscriber, follows, from.place, begin);
    const behind = from === 'start' ? feed.ring.latest : from.behind;
    if (behind === undefined) return unavailable(`${cannot} from the start: the database gave no position yet`);
    begin();
    const after = from === 'start' ? undefined : from.after;
    const { mark } = follows;
    await scanLog(gateway, subscriber, follows, scope, after, (key, witness) =>
      writeScanPosition(mark, behind, key, witness),
    );
    const failed = await goOn(gateway, subscriber, follows, behind, () => undefined);
    if (failed) endSubscriber(feed, subscriber, failed === tooOld ? 'position-lost' : 'unavailable');
    return undefined;
  } finally {
    leavePlace(feed.catchUps);
  }
};

/** Whether the ring has what follows a position, and the witness just before that. */
const isOfRing = ({ ring }: Feed, { place, witness }: Position & { kind: 'place' }): boolean => {
  const number = numberBehind(ring, place);
  return number !== undefined && (witness === undefined || entryAt(ring, number - 1)?.event._id === witness);
};

/**
 * Returns a problem if the log does not have the witness of a position any more. An older copy of the log has the same
 * mark, and may have other events behind the same place.
 */
const findOtherLog = async ({ log }: Gateway, { witness }: Position): Promise<Problem | undefined> => {
  if (witness === undefined) return undefined;
  try {
    return (await hasEvent(log, witness, witnessWithinMs)) ? undefined : tooOld;
  } catch {
    return noAnswer;
  }
};

const witnessWithinMs = 5_000;
const noAnswer = unavailable(`${cannot}: the database does not answer`);

/** Goes on behind a place: in the ring, or by a catch-up. */
const goOn = async (
  gateway: Gateway,
  subscriber: Subscriber,
  follows: FollowsEvents,
  place: string,
  begin: () => void,
): Promise<Problem | undefined> => {
  if (goOnInRing(gateway.feed, subscriber, follows, place)) {
    begin();
    return void pump(gateway.feed, subscriber);
  }
  switch (await catchUp(gateway, subscriber, follows, place, begin)) {
    case 'begun':
      return undefined;
    case 'lost':
      return tooOld;
    case 'unavailable':
      return noAnswer;
  }
};

const tooOld: Problem = {
  name: 'position-too-old',
  detail:
    'The database no longer has this position, or never had it; begin again with from=start, which repeats events ' +
    'that you know, or read what you follow and subscribe without a position',
};
