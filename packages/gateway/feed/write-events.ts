import { describeEvents, type Entity, encodeFields, type Origin, shownOf } from '@muster/model';
import type { StoredEvent } from '@muster/store';
import type { Batch, EndReason, FollowsEvents, Shows, Subscriber } from './feed.ts';
import { type Message, openMessage, plainEvent } from './message.ts';
import { writePosition } from './position.ts';
import type { Entry } from './ring.ts';
import type { Change } from './states.ts';

// Events with the attributes of CloudEvents 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
// The id of a message is the position.

/** The first message: where the subscription begins. So a client can resume before any event. */
export const writeBegin = (subscriber: Subscriber): void => {
  subscriber.hasBegun = true;
  writeBookmark(subscriber, undefined);
};

/** Returns the message of an event of the ring, made once for all. Undefined if it is of another program. */
export const messageOfEntry = ({ entities, mark }: FollowsEvents, entry: Entry): Message | undefined => {
  const entity = entities.get(entry.event.entity);
  if (entity) entry.message ??= messageOf(entity, entry.event, positionOf(mark, entry));
  return entry.message;
};

const positionOf = (mark: string, { place, event }: Entry): string => writePosition(mark, place, event._id);

/** Sends an event of the ring, if the subscriber wants it. Its message is made once for all subscribers. */
export const writeEntry = (subscriber: Subscriber, follows: FollowsEvents, entry: Entry): void => {
  const { event, change } = entry;
  const { chosen } = follows;
  const known = typeof change === 'object' ? change : undefined;
  if (chosen && known && !chosen.isMet(event, known)) return;
  const message =
    known && chosen?.shows ? withState(follows, entry, known, chosen.shows) : messageOfEntry(follows, entry);
  if (!message) return;
  subscriber.position = message.id;
  write(subscriber, message);
};

const withState = (
  { entities, mark }: FollowsEvents,
  entry: Entry,
  change: Change,
  shows: 'shown' | 'full',
): Message | undefined => {
  const entity = entities.get(entry.event.entity);
  if (!entity) return undefined;
  const make = () => messageOf(entity, entry.event, positionOf(mark, entry), change, shows);
  if (shows === 'full') return make(); // few sites follow, and whole states are large: it is not kept
  entry.withState ??= make();
  return entry.withState;
};

/** Sends an event that is not in the ring. `change` and `shows` are given if the subscriber wants states. */
export const writeMessage = (
  subscriber: Subscriber,
  entity: Entity,
  event: StoredEvent,
  position: string,
  change?: Change,
  shows?: Shows,
): void => {
  subscriber.position = position;
  write(subscriber, messageOf(entity, event, position, change, shows));
};

const messageOf = (entity: Entity, event: StoredEvent, position: string, change?: Change, shows?: Shows): Message =>
  openMessage(plainEvent, position, JSON.stringify(cloudEventOf(entity, event, change, shows)));

/**
 * Returns an event as CloudEvents names its attributes. `version` and the following are extensions. If it shows a
 * state, then `state` is what clients see of the thing after the event. Or `fields`, in place of the data, are all
 * fields of its state, without loss. Both are null if the thing is deleted, or if that is not clear.
 */
export const cloudEventOf = (entity: Entity, event: StoredEvent, change?: Change, shows?: Shows): object => {
  const [described] = describeEvents(entity, [event]);
  return {
    ...{ specversion: '1.0', id: event._id, source: `${entity.path}/${event.entityId}`, type: described?.type },
    ...{ subject: event.entityId, time: described?.at, datacontenttype: 'application/json', entity: entity.name },
    ...{ version: event.version, actor: described?.actor, requestid: described?.requestId },
    data: shows === 'full' ? undefined : described?.data,
    ...(described?.origin ? originAttributesOf(described.origin) : {}),
    ...(change && shows === 'shown'
      ? { state: change.kind === 'change' ? shownOf(entity, event.entityId, change.after) : null }
      : {}),
    ...(change && shows === 'full' ? { fields: fieldsOf(change) } : {}),
  };
};

// names of CloudEvents have no capitals
const originAttributesOf = ({ site, id, version }: Origin): object => ({
  ...{ originsite: site, originid: id, originversion: version },
});

const fieldsOf = (change: Change): object | null =>
  change.kind === 'change' && change.after.status === 'active' ? encodeFields(change.after.fields) : null;

/** Sends where a client can resume, though no event came. `asOf`: what it shows is not current, but of this time. */
export const writeBookmark = (subscriber: Subscriber, position: string | undefined, asOf?: Date): void => {
  if (position !== undefined) subscriber.position = position;
  write(subscriber, openMessage('bookmark', subscriber.position, JSON.stringify({ time: new Date(), asOf })));
};

/** Sends why the subscription ends. */
export const writeEnd = (subscriber: Subscriber, reason: EndReason): void =>
  write(subscriber, openMessage('end', '', JSON.stringify({ reason, position: subscriber.position })));

/** Sends several messages in one piece. */
export const writeBatch = (subscriber: Subscriber, { blocks, position }: Batch): void => {
  subscriber.sentAt = performance.now();
  subscriber.position = position;
  subscriber.outlet.writeBlocks?.(blocks);
};

/** Sends a message. */
export const write = (subscriber: Subscriber, message: Message): void => {
  subscriber.sentAt = performance.now();
  subscriber.outlet.write(message);
};
