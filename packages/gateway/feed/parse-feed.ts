import { type Entity, type Fault, type Filter, findIdFaults } from '@muster/model';
import { parseFilters } from '../parse-filters.ts';
import { findUnknown, type Query } from '../parse-past.ts';
import type { Shows } from './feed.ts';
import { type Position, parsePosition } from './position.ts';
import type { FeedScope } from './scan-log.ts';

/** The events that a client asks for: behind a position, from the start of the log, or from now on. */
export type AskedEvents = {
  types: ReadonlySet<string> | undefined;
  filters: readonly Filter[]; // on the state before or after an event
  shows: Shows;
  isUntilNow: boolean; // it ends when it has sent what there is
  from: Position | 'start' | 'now';
  position: string;
  mark: string; // of the log of the position
};

const states: ReadonlyMap<unknown, Shows> = new Map([
  ['true', 'shown'],
  ['full', 'full'],
  ['false', undefined],
]);

const isShared = ({ adopting }: Entity): boolean => adopting !== undefined;

/** Returns the part of a scope that other sites follow. Pure. */
export const sharedOf = ({ entities, id }: FeedScope): FeedScope => ({ entities: entities.filter(isShared), id });

/**
 * Parses the parameters of a subscription to events. `lastEventId` counts more than `after`: a browser keeps the
 * address when it reconnects, and sends the header with what it has got since. Finds all faults at once.
 */
export const parseFeed = (
  query: Query,
  lastEventId: string,
  { entities, id }: FeedScope,
): { kind: 'asked'; asked: AskedEvents } | { kind: 'faults'; faults: Fault[] } => {
  const { types, from, after, state, until } = query;
  const [entity] = entities;
  const filterNames = Object.keys(query).filter((name) => name.startsWith('filter['));
  const unknown = findUnknown(query, ['types', 'from', 'until', 'after', 'state', ...filterNames]);
  const faults = [...unknown, ...(id === undefined ? [] : findIdFaults(id))];
  const fault = (name: string, detail: string) =>
    faults.push({ pointer: `/${name.slice(0, 80)}`, code: 'invalid-parameter', detail });
  const given = lastEventId || after;
  const found = typeof given === 'string' ? parsePosition(given) : undefined;
  if (from !== undefined && from !== 'start') fault('from', '"from" can only be "start"; leave it out for new events');
  if (given !== undefined && !found) fault('after', 'this is no position; take it from the id of a message');
  if (after !== undefined && from !== undefined) fault('from', '"from" cannot be used with "after"');
  if (state !== undefined && !states.has(state)) fault('state', '"state" must be true, false or full');
  if (state === 'full' && !entities.some(isShared)) fault('state', 'nothing here is shared between sites');
  if (until !== undefined && until !== 'now') fault('until', '"until" can only be "now"; leave it out to go on');
  if (filterNames.length > 0 && entities.length > 1)
    fault(filterNames[0] ?? '', 'filters need the fields of one entity; use the address of its events');
  const known = entities.flatMap((one) => [...one.events.keys()]);
  const wanted = typeof types === 'string' ? types.split(',') : undefined;
  const strange = wanted?.find((type) => !known.includes(type));
  if (types !== undefined && !wanted) fault('types', '"types" is given more than once; separate types by commas');
  if (strange !== undefined)
    fault('types', `${JSON.stringify(strange.slice(0, 80))} is no type of event here; there are ${known.join(', ')}`);
  const filters = entity && entities.length === 1 ? parseFilters(entity, query) : { value: [], faults: [] };
  faults.push(...filters.faults);
  if (faults.length > 0) return { kind: 'faults', faults };
  const asked: AskedEvents = {
    ...{ types: wanted && new Set(wanted), filters: filters.value, shows: states.get(state) },
    isUntilNow: until === 'now',
    ...{ from: found?.position ?? (from === 'start' ? 'start' : 'now') },
    ...{ position: found ? String(given) : '', mark: found?.mark ?? '' },
  };
  return { kind: 'asked', asked };
};
