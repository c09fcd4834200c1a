import type { Fed, Place, StoredEvent } from '@muster/store';
import type { Message } from './message.ts';
import type { Change } from './states.ts';

/**
 * An event in the ring. What subscribers get of it is made when the first one needs it: the message, the message with
 * the state or with its fields, and what the event did. `lost`: that could not be found out.
 */
export type Entry = {
  readonly place: Place;
  readonly event: StoredEvent;
  readonly at: number; // when it came, in milliseconds, monotonic
  message: Message | undefined;
  withState: Message | undefined;
  change: Change | 'loading' | 'lost' | undefined;
};

export const openEntry = (place: Place, event: StoredEvent): Entry => ({
  ...{
    place,
    event,
    at: performance.now(),
    message: undefined,
    withState: undefined,
    change: undefined,
  },
});

/**
 * The newest events of the log, without a gap, numbered in its order. `places` says which entry follows a place; places
 * of heartbeats are kept for a while, too. A plain value; only this file changes it.
 */
export type Ring = {
  entries: Entry[];
  first: number; // the number of the first entry
  bytes: number; // of the events, about
  places: Map<Place, number>;
  latest: Place | undefined; // behind everything that was read
  lastId: string | undefined; // of the newest event that was read
  newest: Map<number, { event: StoredEvent; at: number }>; // by partition: the last event, and when it came
};

/** How many events a ring has at most, and of how many bytes. */
export type RingLimits = { eventsMax: number; bytesMax: number };

const quietMax = 1_000; // places of heartbeats

export const openRing = (): Ring => ({
  ...{ entries: [], first: 0, bytes: 0, places: new Map(), latest: undefined, lastId: undefined, newest: new Map() },
});

/** Empties the ring, as the log goes on at a place that does not follow. Its numbers go on. */
export const resetRing = (ring: Ring): void => {
  ring.first = nextOf(ring);
  ring.entries = [];
  ring.bytes = 0;
  ring.places.clear();
  ring.latest = undefined;
  ring.lastId = undefined;
  ring.newest.clear();
};

/** The number of the event that comes next. */
export const nextOf = ({ first, entries }: Ring): number => first + entries.length;

/** Adds changes of the log, and drops the oldest ones beyond the limits. */
export const pushChanges = (ring: Ring, changes: readonly Fed[], { eventsMax, bytesMax }: RingLimits): void => {
  for (const { place, event } of changes) {
    if (event) {
      ring.entries.push(openEntry(place, event));
      ring.lastId = event._id;
      ring.newest.set(event.partition, { event, at: performance.now() });
      ring.bytes += sizeOf(event);
    }
    ring.places.set(place, nextOf(ring));
    ring.latest = place;
  }
  let dropped = 0;
  for (; dropped < ring.entries.length - 1; dropped += 1) {
    if (ring.entries.length - dropped <= eventsMax && ring.bytes <= bytesMax) break;
    ring.bytes -= sizeOf((ring.entries[dropped] as Entry).event);
  }
  ring.entries.splice(0, dropped);
  ring.first += dropped;
  dropPlaces(ring);
};

/** Notes a place behind everything that was read, where no change came with it. */
export const notePlace = (ring: Ring, place: Place): void => {
  ring.places.set(place, nextOf(ring));
  ring.latest = place;
};

/** Drops the places before the first entry, and the oldest ones of too many. They are in the order of the log. */
const dropPlaces = ({ places, entries, first }: Ring): void => {
  for (const [place, number] of places) {
    if (number >= first && places.size <= entries.length + quietMax) return;
    places.delete(place);
  }
};

// a rough measure: the size of what subscribers get is known only when it is made
const sizeOf = ({ data }: StoredEvent): number => 500 + 2 * JSON.stringify(data ?? {}).length;

/** Returns the number of the first event behind a place. Undefined if the ring does not have it. */
export const numberBehind = ({ places }: Ring, place: Place): number | undefined => places.get(place);

/** Returns an entry by its number. Undefined if it is not there any more, or not yet. */
export const entryAt = ({ entries, first }: Ring, number: number): Entry | undefined => entries[number - first];
