import { type FeedEvent, subscribe } from '@muster/client';
import type { SiteHistory } from './site-load.ts';
import type { TestSite } from './site-network.ts';

/** The full states of all things that a site shares, by entity and id, and the number of its events. */
export type SiteStates = { name: string; states: ReadonlyMap<string, Fields>; events: number };

type Fields = Record<string, unknown>;

const readMs = 20_000;
const named = 3; // differences in one report

/** Reads the full states of all things that a site shares. Throws when its feed breaks. */
export const readStates = async ({ name, test }: TestSite): Promise<SiteStates> => {
  const states = new Map<string, Fields>();
  const versions = new Map<string, number>();
  let broken = '';
  const take = ({ entity, subject, version, fields }: FeedEvent) => {
    const key = `${entity}:${subject}`;
    if ((versions.get(key) ?? 0) > version) return; // an event may come twice
    versions.set(key, version);
    states.set(key, fields ?? {});
  };
  const subscription = subscribe(`${test?.url}/api/events?state=full&until=now`, {
    ...{ from: 'start', signal: AbortSignal.timeout(readMs), onEvent: take },
    onStatus: (status) => {
      if (status.kind !== 'stale') return;
      broken = status.reason;
      subscription.close();
    },
  });
  await subscription.done;
  if (broken !== '') throw new Error(`the feed of ${name} broke: ${broken}`);
  return { name, states, events: [...versions.values()].reduce((sum, version) => sum + version, 0) };
};

/** Returns what differs between sites that should be equal. Pure. */
export const findUnequal = ([first, ...others]: readonly SiteStates[]): string[] =>
  others.flatMap((other) => {
    const keys = new Set([...(first?.states.keys() ?? []), ...other.states.keys()]);
    const unequal = [...keys].filter((key) => write(first?.states.get(key)) !== write(other.states.get(key)));
    return unequal.map(
      (key) =>
        `${key}: ${first?.name} has ${write(first?.states.get(key))}, ${other.name} ${write(other.states.get(key))}`,
    );
  });

/** Returns what a site does not have though a client got an answer for it, or has otherwise than the laws say. Pure. */
export const findLost = ({ name, states }: SiteStates, history: SiteHistory): string[] => [
  ...findLostAssets(name, states, history),
  ...findLostEntries(name, states, history),
];

/** Shortens a list of violations to a few. Pure. */
export const firstOf = (violations: readonly string[]): string[] =>
  violations.length <= named
    ? [...violations]
    : [...violations.slice(0, named), `and ${violations.length - named} more of this kind`];

const findLostAssets = (
  name: string,
  states: SiteStates['states'],
  { created, deleted, maybeCreated }: SiteHistory,
): string[] => {
  const firsts = new Map<string, string>();
  for (const one of created) {
    const mark = `${one.created} ${one.site}`;
    const known = firsts.get(one.id);
    if (known === undefined || mark < known) firsts.set(one.id, mark);
  }
  return [...firsts].flatMap(([id, first]) => {
    const state = states.get(`asset:${id}`);
    if (!state) return `asset ${id}: a client got 201, and ${name} lacks it`;
    const mark = `${timeOf(state.created)} ${state.site}`;
    // an earlier one may have been created without an answer
    const isFirst = mark === first || (mark < first && maybeCreated.has(id));
    if (!isFirst) return `asset ${id}: created first was ${first}, and ${name} has that of ${mark}`;
    return deleted.has(id) && state.deleted !== true ? `asset ${id}: a client got 204, and at ${name} it is there` : [];
  });
};

// a removal takes away the entries up to a time, also those that come later from another site
const findLostEntries = (
  name: string,
  states: SiteStates['states'],
  { entries, maybeRemoved }: SiteHistory,
): string[] =>
  entries.flatMap((entry) => {
    const { entries: known = [], removedAt = -1 } = (states.get(`record:${entry.name}`) ?? {}) as RecordFields;
    const isThere = known.some(({ author, timestamp }) => author === entry.author && timestamp === entry.timestamp);
    return isThere || (maybeRemoved.has(entry.name) && entry.timestamp <= removedAt)
      ? []
      : `record ${entry.name}: a client got 200 for the entry of ${entry.author}, and ${name} lacks it`;
  });

type RecordFields = { entries?: { author: string; timestamp: number }[]; removedAt?: number };

// a date of a full state is { "$date": milliseconds }
const timeOf = (value: unknown): string => new Date(Object(value).$date).toISOString();

const write = (value: unknown): string => JSON.stringify(inOrder(value)) ?? 'nothing';

/** Returns a value of JSON with the keys of its objects in order. */
const inOrder = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [key, inOrder(member)]));
};
