import { randomUUID } from 'node:crypto';
import { note, storedNote } from '@muster/testing';
import { expect } from 'chai';
import type { Appended } from '../append-events.ts';
import type { StoredEvent } from '../documents.ts';
import type { Log } from '../open-log.ts';
import { partitions, type Store } from './subject.ts';

/** How long one call to the store may take, in milliseconds, where the case does not say otherwise. */
export const deadlineMs = 5_000;

const data = { text: 'one', stars: 1 };

/** An event of a note with an id of its own, as a gateway would make it. */
export const eventAt = (entityId: string, version: number, more: Partial<StoredEvent> = {}): StoredEvent =>
  storedNote(
    { type: version === 1 ? 'NoteCreated' : 'NoteUpdated', version, data },
    { _id: randomUUID(), entityId, ...more },
  );

/** The first events of so many streams, in all partitions in turn. */
export const streams = (prefix: string, count: number): StoredEvent[] =>
  Array.from({ length: count }, (_, n) => eventAt(`${prefix}${n}`, 1, { partition: n % partitions.length }));

/** Appends all at once; what became of each. */
export const appendAll = async (
  { append, openAppendQueue }: Store,
  log: Log,
  events: readonly StoredEvent[],
  withinMs = deadlineMs,
): Promise<Appended['kind'][]> => {
  const queue = openAppendQueue();
  const outcomes = await Promise.all(events.map((event) => append(log, queue, event, withinMs)));
  return outcomes.map(({ kind }) => kind);
};

/** Appends one after the other: their order in the log is theirs. Throws where one is not appended. */
export const appendInOrder = async ({ append, openAppendQueue }: Store, log: Log, events: readonly StoredEvent[]) => {
  const queue = openAppendQueue();
  for (const event of events) {
    const outcome = await append(log, queue, event, deadlineMs);
    if (outcome.kind !== 'appended') throw new Error(`Event ${event._id} was not appended: ${outcome.kind}`);
  }
};

/** All events of the log, or of one note, by stream and version. */
export const storedEvents = async ({ scanEvents }: Store, log: Log, entityId?: string): Promise<StoredEvent[]> => {
  const found = (await all(scanEvents(log, partitions, undefined))).filter(
    (event) => entityId === undefined || event.entityId === entityId,
  );
  return found.sort((a, b) => (a.entityId === b.entityId ? a.version - b.version : a.entityId < b.entityId ? -1 : 1));
};

/** All events of one stream above a version, whatever the pages in which they come. */
export const wholeStream = async (
  store: Pick<Store, 'readStream'>,
  log: Log,
  id: string,
  above: number,
  pageMs = deadlineMs,
): Promise<StoredEvent[]> => (await all(store.readStream(log, note, id, above, () => pageMs))).flat();

export const all = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
};

/** Each stream has the versions from 1 on, without a hole. */
export const expectDense = (events: readonly StoredEvent[]): void => {
  const last = new Map<string, number>();
  for (const { entityId, version } of events) {
    expect(version, `the next version of ${entityId}`).to.equal((last.get(entityId) ?? 0) + 1);
    last.set(entityId, version);
  }
};
