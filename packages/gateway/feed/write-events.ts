import { describeEvents, type Entity } from '@muster/model';
import type { Place, StoredEvent } from '@muster/store';
import type { EndReason, Subscriber } from './feed.ts';
import { writePosition } from './position.ts';
import type { Entry } from './ring.ts';

// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) with the attributes of CloudEvents
// 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md). The id of a message is the position.

/** How soon a client connects again, in milliseconds. */
const retryMs = 2_000;

/** The first messages: how soon to connect again, and where it begins. So a client can resume before any event. */
export const writeBegin = (subscriber: Subscriber): void => {
  write(subscriber, `retry: ${retryMs}\n\n`);
  writeBookmark(subscriber, undefined);
};

/** Sends an event of the ring. Its text is made once for all subscribers. */
export const writeEvent = (subscriber: Subscriber, entry: Entry): void => {
  const entity = subscriber.entities.get(entry.event.entity);
  if (!entity) return; // of another program
  subscriber.position = writePosition(subscriber.mark, entry.place);
  entry.text ??= Buffer.from(messageOf(entity, entry.event, subscriber.position));
  write(subscriber, entry.text);
};

/** Sends an event that is not in the ring. */
export const writeMessage = (subscriber: Subscriber, entity: Entity, event: StoredEvent, position: string): void => {
  subscriber.position = position;
  write(subscriber, messageOf(entity, event, position));
};

/** Returns the message of an event at a position. */
export const messageOf = (entity: Entity, event: StoredEvent, position: string): string =>
  `id: ${position}\ndata: ${JSON.stringify(cloudEventOf(entity, event))}\n\n`;

/** Returns an event as CloudEvents names its attributes. `version` and the following are extensions. */
export const cloudEventOf = (entity: Entity, event: StoredEvent): object => {
  const [described] = describeEvents(entity, [event]);
  return {
    ...{ specversion: '1.0', id: event._id, source: `${entity.path}/${event.entityId}`, type: described?.type },
    ...{ subject: event.entityId, time: described?.at, datacontenttype: 'application/json', entity: entity.name },
    ...{ version: event.version, actor: described?.actor, requestid: described?.requestId },
    data: described?.data,
  };
};

/** Sends where a client can resume, though no event came. */
export const writeBookmark = (subscriber: Subscriber, place: Place | undefined): void => {
  if (place !== undefined) subscriber.position = writePosition(subscriber.mark, place);
  const id = subscriber.position === '' ? '' : `id: ${subscriber.position}\n`;
  write(subscriber, `${id}event: bookmark\ndata: {"time":"${new Date().toISOString()}"}\n\n`);
};

/** Sends why the subscription ends. */
export const writeEnd = (subscriber: Subscriber, reason: EndReason): void =>
  write(subscriber, `event: end\ndata: ${JSON.stringify({ reason, position: subscriber.position })}\n\n`);

const write = (subscriber: Subscriber, text: string | Buffer): void => {
  subscriber.sentAt = performance.now();
  subscriber.response.write(text);
};
