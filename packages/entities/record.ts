import { createHash } from 'node:crypto';
import { defineEntity, type Entity, isId, lineOfText, optional, refuse, unchanged } from '@muster/model';
import Joi from 'joi';
import { entryTime, givenEntryTime, readEntryTime } from './entry-time.ts';

/** Who wrote a name, and when: milliseconds since 1970, or ISO 8601 text. It is answered as it was given. */
export type Entry = { readonly author: string; readonly timestamp: string | number };

/** `removedAt`: the time of the newest entry that a removal took away, in milliseconds. All entries are later. */
export type RecordState = { readonly name: string; readonly entries: Entry[]; readonly removedAt?: number };

const entriesMax = 1_000; // all of a name are in one state

const entry = { author: lineOfText(200), timestamp: entryTime() };
const givenEntry = { ...entry, timestamp: givenEntryTime() };
const entries = Joi.array<Entry[]>().items(Joi.object(entry));

const timeOf = ({ timestamp: time }: Entry): number => readEntryTime(time);

/** A total order: by time, then by author, then by how the time is written. */
const compareEntries = (one: Entry, other: Entry): number =>
  timeOf(one) - timeOf(other) || compareTexts(keyOf(one), keyOf(other));

const keyOf = ({ author, timestamp: time }: Entry): string => JSON.stringify([author, time]);

const compareTexts = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);

/** Adds entries, each once, in ascending order. */
const withEntries = (known: readonly Entry[], more: readonly Entry[]): Entry[] =>
  [...new Map([...known, ...more].map((one) => [keyOf(one), one])).values()].sort(compareEntries);

const removalsOf = ({ removedAt }: RecordState): number[] => (removedAt === undefined ? [] : [removedAt]);

/** Returns a state without the entries up to the latest of these removals. */
const withRemovals = (state: RecordState, removals: readonly number[]): RecordState => {
  if (removals.length === 0) return state;
  const removedAt = Math.max(...removals);
  return { ...state, entries: state.entries.filter((one) => timeOf(one) > removedAt), removedAt };
};

/**
 * Merges two states of a name: the union of the entries after the later removal. Commutative, associative and
 * idempotent.
 */
export const mergeRecords = (local: RecordState, remote: RecordState): RecordState =>
  withRemovals(
    {
      name: local.name <= remote.name ? local.name : remote.name,
      entries: withEntries(local.entries, remote.entries),
    },
    [local, remote].flatMap(removalsOf),
  );

/** Returns the id of a name: the name itself if it is an id and does not look like a hash, otherwise its hash. */
export const idOfName = (name: string): string =>
  isId(name) && !name.startsWith('n_') ? name : `n_${createHash('sha256').update(name).digest('base64url')}`;

const removedUpTo = (time: number): string =>
  `The entries up to ${momentOf(time)} were removed: a further one needs a later timestamp`;

// a timestamp may be a larger number than a date has
const momentOf = (time: number): string =>
  Math.abs(time) <= 8.64e15 ? `${new Date(time).toISOString()} (${time})` : String(time);

const newest = ({ entries: all }: RecordState): Entry | undefined => all.at(-1);

const nameQuery = { name: lineOfText(200) };
const idOfQuery = ({ query }: { query: { name?: unknown } }) => idOfName(String(query.name));
const shownEntry = ({ timestamp: time, author }: Entry) => ({ timestamp: time, author });

/** A name with all entries that were written for it. The one with the latest time is current. */
export const record = defineEntity({
  name: 'record',
  collection: 'Records',
  state: { name: lineOfText(200), entries, removedAt: optional(Joi.number()) },
  events: {
    RecordOpened: { creates: true, fields: { name: lineOfText(200), ...entry } },
    EntryAdded: { fields: entry },
    RecordRemoved: { fields: { removedAt: Joi.number() } },
  },
  evolve: {
    RecordOpened: (_, { data: { name, ...first } }) => ({ name, entries: [first] }),
    EntryAdded: (state, { data }) =>
      withRemovals({ ...state, entries: withEntries(state.entries, [data]) }, removalsOf(state)),
    RecordRemoved: (state, { data: { removedAt } }) => withRemovals(state, [removedAt, ...removalsOf(state)]),
  },
  commands: {
    update: {
      creates: 'ifAbsent',
      revives: true,
      id: ({ name }) => idOfName(name),
      input: { name: lineOfText(200), ...givenEntry },
      decide: ({ name, ...added }, state) => {
        if (!state) return { type: 'RecordOpened', data: { name, ...added } };
        if (state.name !== name) return refuse('OtherName', `This is the record of ${JSON.stringify(state.name)}`);
        const { removedAt } = state;
        if (removedAt !== undefined && timeOf(added) <= removedAt) return refuse('Removed', removedUpTo(removedAt));
        if (withEntries(state.entries, [added]).length === state.entries.length) return unchanged;
        if (state.entries.length >= entriesMax) return refuse('Full');
        return { type: 'EntryAdded', data: added };
      },
    },
    remove: {
      method: 'DELETE',
      decide: (_, state) => {
        const last = newest(state);
        return last ? { type: 'RecordRemoved', data: { removedAt: timeOf(last) } } : unchanged;
      },
    },
  },
  refusals: {
    Full: { status: 409, title: `A record has ${entriesMax} entries at most` },
    Removed: { status: 409, title: 'Entries up to a later time were removed' },
    OtherName: { status: 409, title: 'The record has another name' },
  },
  gone: (state) => newest(state) === undefined,
  merge: mergeRecords,
  present: (state) => ({
    name: state.name,
    current: newest(state) ?? null,
    entries: state.entries,
  }),
  indexes: ['name'],
  routes: [
    {
      method: 'POST',
      path: '/update',
      body: { name: lineOfText(200), ...givenEntry },
      runs: 'update',
      input: ({ body }) => body,
      answer: (thing) => ({ body: thing ? currentOf(thing.state) : {} }),
    },
    {
      method: 'GET',
      path: '/get',
      query: nameQuery,
      reads: idOfQuery,
      answer: ({ state }) => ({ body: currentOf(state) }),
      missing: () => ({ status: 404, body: {} }),
    },
    {
      method: 'GET',
      path: '/getHistory',
      query: nameQuery,
      reads: idOfQuery,
      answer: ({ state }) => ({ body: { [state.name]: [...state.entries].reverse().map(shownEntry) } }),
      missing: () => ({ status: 404, body: {} }),
    },
    {
      method: 'GET',
      path: '/dump',
      readsAll: true,
      member: ({ name, entries: all }) => {
        const shown = all as readonly Entry[];
        return shown.length === 0 ? undefined : [String(name), shown.map(shownEntry)];
      },
    },
    {
      method: 'GET',
      path: '/remove',
      legacy: true, // it changes data by GET
      query: nameQuery,
      runs: 'remove',
      id: idOfQuery,
      input: () => ({}),
      answer: () => ({ body: { success: true } }),
      missing: () => ({ status: 404, body: { success: false } }),
    },
  ],
});

const currentOf = (state: RecordState): Record<string, unknown> => {
  const current = newest(state);
  return current ? { [state.name]: shownEntry(current) } : {};
};

/** The same with the routes of the earlier API that change data by GET. */
export const recordWithLegacy: Entity = { ...record, legacyRoutes: true };
