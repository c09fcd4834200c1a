import type { Entity, Fault } from '@muster/model';
import { fault, type Given, type Part, partOf } from './parameter-part.ts';
import { parseQueryInteger } from './parse-headers.ts';

/** The part of a list that is asked for: by position, or from a cursor. */
export type Page =
  | { kind: 'offset'; offset: number; limit: number }
  | { kind: 'cursor'; limit: number; after: string | undefined; before: string | undefined };

/** How many things a page has: without a given size, and at most. */
export type Limits = { usual: number; most: number };

export const limitDefault = 100;
export const limitMax = 1_000;
export const offsetMax = 10_000; // all things before the offset are read

/** The limits of the pages of an entity. */
export const limitsOf = ({ http }: Entity): Limits =>
  http.limit === undefined ? { usual: limitDefault, most: limitMax } : { usual: http.limit, most: http.limit };

const plain: readonly string[] = ['offset', 'limit'];

/** The parameters that choose a page. */
export const paging: readonly string[] = [...plain, 'page[size]', 'page[after]', 'page[before]'];

/**
 * Whether this is a list in its plain order: only offset and limit, or nothing, and the entity has no other order. An
 * entity with `keep` has no plain order, since its things are not all in memory.
 */
export const isPlainList = ({ http, keep }: Entity, given: Given): boolean =>
  http.sort === undefined && keep === undefined && Object.keys(given).every((name) => plain.includes(name));

/** Parses which page is asked for. Without a page, lists with an order of their own begin with the first by cursor. */
export const parsePage = (entity: Entity, given: Given, hasOwnOrder = false): Part<Page> => {
  const limits = limitsOf(entity);
  const names = Object.keys(given);
  const byCursor = names.filter((name) => name.startsWith('page['));
  const isByCursor = byCursor.length > 0 || (hasOwnOrder && given.offset === undefined);
  const other = given.offset !== undefined ? 'offset' : names.includes('page[size]') ? 'limit' : undefined;
  const mixed = byCursor.length > 0 && other !== undefined && given[other] !== undefined;
  const faults = mixed ? [fault(other, `"${other}" cannot be used with "${byCursor[0]}"`, 'not-combinable')] : [];
  return isByCursor ? parseCursorPage(given, limits, faults) : parseOffsetPage(given, limits);
};

const parseOffsetPage = (given: Given, { usual, most: limitMost }: Limits): Part<Page> => {
  const offset = parseQueryInteger(given, 'offset', 0, 0, Number.MAX_SAFE_INTEGER);
  const limit = parseQueryInteger(given, 'limit', usual, 1, limitMost);
  const faults = [offset, limit].flatMap((number) => (number.kind === 'faults' ? number.faults : []));
  const from = offset.kind === 'number' ? (offset.value ?? 0) : 0;
  const most = limit.kind === 'number' ? (limit.value ?? usual) : usual;
  if (from > offsetMax)
    faults.push(
      fault(
        'offset',
        `"offset" can be ${offsetMax} at most in a filtered or sorted list; use page[size] and page[after]`,
      ),
    );
  return partOf({ kind: 'offset', offset: from, limit: most }, faults);
};

const parseCursorPage = (given: Given, { usual, most }: Limits, faults: Fault[]): Part<Page> => {
  const size = parseQueryInteger(given, given.limit === undefined ? 'page[size]' : 'limit', usual, 1, most);
  const [after, before] = [given['page[after]'], given['page[before]']];
  if (size.kind === 'faults') faults.push(...size.faults);
  for (const [name, cursor] of Object.entries({ 'page[after]': after, 'page[before]': before }))
    if (cursor !== undefined && typeof cursor !== 'string')
      faults.push(fault(name, `"${name}" is given more than once`));
  if (after !== undefined && before !== undefined)
    faults.push(fault('page[before]', 'page[after] and page[before] cannot be used together', 'not-combinable'));
  const limit = size.kind === 'number' ? (size.value ?? usual) : usual;
  return partOf({ kind: 'cursor', limit, after: textOr(after), before: textOr(before) }, faults);
};

const textOr = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
