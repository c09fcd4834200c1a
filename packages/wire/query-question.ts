import { decodeKey, encodeKey, type Filter, type Key, operators, periodOperators, type SortKey } from '@muster/model';
import {
  asArray,
  asBoolean,
  asCount,
  asLimit,
  asMinVersions,
  asNumber,
  asPartitions,
  asRecord,
  asWait,
  asWord,
  limitMax,
  type MinVersion,
} from './parsed-values.ts';

/**
 * A question for the first things of these partitions that meet all filters, in the order of the sort, behind the sort
 * keys `after`. The last key of the sort is the id.
 */
export type QueryQuestion = {
  kind: 'query';
  entity: string;
  partitions: number[];
  filters: Filter[];
  sort: SortKey[];
  after: Key[] | undefined;
  limit: number;
  shown: 'keys' | 'things'; // only the sort keys, or also what clients see
  fields: string[] | undefined; // of what clients see: these and the id. All without it
  total: boolean; // count all matches, too
  minVersions: MinVersion[];
  waitMs: number;
};

/**
 * The things of those partitions that the replica serves, with their sort keys. `more`: there are further ones.
 * `sizes`: how many characters of the text each thing has. `total`: the number of all matches, or 0 if it was not asked
 * for. `stale`: things of an entity with `keep` whose records are older than memory. Their records must not be shown.
 */
export type Queried = {
  kind: 'queried';
  partitions: number[];
  keys: Key[][];
  sizes: number[];
  more: boolean;
  total: number;
  stale: string[];
  lagMs: number;
  behind: boolean;
};

const staleMax = 1_000_000;

/** The maximum numbers of the parts of a query. */
export const queryMax = { filters: 64, keys: 256, sort: 16, fields: 256 } as const;

/** Returns a question as JSON can carry it. */
export const encodeQueryQuestion = (question: QueryQuestion): unknown => ({
  ...question,
  filters: question.filters.map((filter) => ({ ...filter, keys: filter.keys.map(encodeKey) })),
  after: question.after?.map(encodeKey),
});

/** Parses a question. Throws RangeError when it is invalid. */
export const asQueryQuestion = (asked: Record<string, unknown>): QueryQuestion => {
  const sort = asArray(asked.sort, queryMax.sort).map(asSortKey);
  const after = asked.after === undefined ? undefined : asKeys(asked.after, queryMax.sort);
  if (after && after.length !== sort.length) throw new RangeError('expected a key for each part of the sort');
  return {
    kind: 'query',
    entity: asWord(asked.entity),
    partitions: asPartitions(asked.partitions),
    filters: asArray(asked.filters, queryMax.filters).map(asFilter),
    sort,
    after,
    limit: asLimit(asked.limit),
    shown: asked.shown === 'keys' ? 'keys' : 'things',
    fields: asked.fields === undefined ? undefined : asArray(asked.fields, queryMax.fields).map(asWord),
    total: asBoolean(asked.total),
    minVersions: asMinVersions(asked.minVersions),
    waitMs: asWait(asked.waitMs),
  };
};

const asSortKey = (value: unknown): SortKey => {
  const { field, descending } = asRecord(value);
  return { field: asWord(field), descending: asBoolean(descending) };
};

/** Parses a filter. Throws RangeError when it is invalid. */
export const asFilter = (value: unknown): Filter => {
  const { field, operator, keys } = asRecord(value);
  const known = [...operators, ...periodOperators].find((one) => one === operator);
  if (!known) throw new RangeError('the filter has an unknown operator');
  return { field: asWord(field), operator: known, keys: asKeys(keys, queryMax.keys) };
};

const asKeys = (value: unknown, most: number): Key[] => asArray(value, most).map(decodeKey);

/** Returns an answer as JSON can carry it. */
export const encodeQueried = (answer: Queried): unknown => ({
  ...answer,
  keys: answer.keys.map((keys) => keys.map(encodeKey)),
});

/** Parses an answer. Throws RangeError when it is invalid. */
export const asQueried = (answer: Record<string, unknown>): Queried => {
  const keys = asArray(answer.keys, limitMax).map((one) => asKeys(one, queryMax.sort));
  const sizes = asArray(answer.sizes, limitMax).map(asCount);
  if (sizes.length !== keys.length) throw new RangeError('expected a size for each thing');
  return {
    kind: 'queried',
    partitions: asPartitions(answer.partitions),
    ...{ keys, sizes },
    more: asBoolean(answer.more),
    total: asCount(answer.total),
    stale: answer.stale === undefined ? [] : asArray(answer.stale, staleMax).map(asWord), // release 0.1.0 has none
    lagMs: asNumber(answer.lagMs),
    behind: asBoolean(answer.behind),
  };
};
