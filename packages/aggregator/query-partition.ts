import {
  compareKeys,
  compareRows,
  type Entity,
  type Filter,
  type Key,
  meetsFilter,
  type Query,
  type Range,
  rangesOf,
  type SortKey,
} from '@muster/model';
import type { Order } from './derived.ts';
import { countRange, sliceRange } from './sorted-ids.ts';
import { findOrder, type Partition } from './table.ts';
import { isActive, type KeyReader, keyReaderOf } from './things.ts';

// A query reads the things of a partition in pieces, and yields after each one. So other work goes on meanwhile. Each
// piece begins behind the keys of the last thing of the former one.

/** An active thing that was found, with its sort keys. */
export type Row = { number: number; keys: readonly Key[] };

/** What a query reads of one partition. */
type Source = {
  partition: Partition;
  entity: Entity;
  query: Query;
  isMet: (number: number) => boolean; // all filters
  rowOf: (number: number) => Row;
};

const pieceMax = 1_024;

/** The names of the orders that this query needs in each partition. */
export const ordersFor = ({ filters, sort }: Pick<Query, 'filters' | 'sort'>): string[] => {
  const bounded = [...byField(filters)].flatMap(([field, some]) => (rangesOf(some) ? [field] : []));
  return [...new Set([...bounded, ...sort.slice(0, 1).map(({ field }) => field)])];
};

/**
 * Returns the first things of a partition that meet the query, in its order, one more than its limit at most. The
 * partition must have the orders of `ordersFor`.
 */
export function* queryPartition(partition: Partition, entity: Entity, query: Query): Generator<void, Row[]> {
  const source = sourceOf(partition, entity, query);
  const [first = byId] = query.sort;
  const best = smallestRange(source, byField(query.filters), first.field);
  const order = orderOf(source, first.field);
  const ranges = rangesFor(source, first.field);
  if (best?.onlyKey !== undefined && query.sort.length === 1) return firstOf(source, yield* walkKey(source, best));
  if (best && best.size < costOfWalk(source, order, ranges, best.size)) return yield* collect(source, best);
  const rows = yield* walk(source, order, first.descending ? [...ranges].reverse() : ranges);
  return firstOf(source, rows);
}

/** Returns how many things of a partition meet these filters. The partition must have the orders of `ordersFor`. */
export function* countPartition(partition: Partition, entity: Entity, query: Query): Generator<void, number> {
  const source = sourceOf(partition, entity, query);
  const fields = byField(query.filters);
  const best = smallestRange(source, fields, undefined);
  if (query.filters.length === 0) return orderOf(source, 'id').ids.size;
  if (best?.isExact && fields.size === 1) return best.size;
  let count = 0;
  for (const numbers of pieces(best ?? { order: orderOf(source, 'id'), ranges: [whole] })) {
    for (const number of numbers) if (source.isMet(number)) count += 1;
    yield;
  }
  return count;
}

/** Whether a thing that was found still meets the query, at the same place. */
export const isStill = (partition: Partition, entity: Entity, query: Query, { number, keys }: Row): boolean => {
  if (!isActive(partition.things, number)) return false;
  const { isMet, rowOf } = sourceOf(partition, entity, query);
  return isMet(number) && compareRows(query.sort, keys, rowOf(number).keys) === 0;
};

const byId: SortKey = { field: 'id', descending: false };
const whole: Range = { isBelow: () => false, isAbove: () => false };

const byField = (filters: readonly Filter[]): Map<string, Filter[]> => {
  const fields = new Map<string, Filter[]>();
  for (const filter of filters) fields.set(filter.field, [...(fields.get(filter.field) ?? []), filter]);
  return fields;
};

const sourceOf = (partition: Partition, entity: Entity, query: Query): Source => {
  const readers = new Map<string, KeyReader>();
  const readerOf = (field: string): KeyReader => {
    const reader = readers.get(field) ?? keyReaderOf(partition.things, entity, field);
    readers.set(field, reader);
    return reader;
  };
  const tests = query.filters.map((filter) => ({ filter, read: readerOf(filter.field) }));
  const reads = query.sort.map(({ field }) => readerOf(field));
  return {
    ...{ partition, entity, query },
    isMet: (number) => tests.every(({ filter, read }) => meetsFilter(filter, read(number))),
    rowOf: (number) => ({ number, keys: reads.map((read) => read(number)) }),
  };
};

const orderOf = ({ partition, entity }: Source, field: string): Order => {
  const order = findOrder(partition, entity, field);
  if (!order)
    throw new Error(`Cannot query ${entity.name}s by ${field}: partition ${partition.number} has no such order`);
  return order;
};

const rangesFor = ({ query }: Source, field: string): Range[] =>
  rangesOf(query.filters.filter((filter) => filter.field === field))?.ranges ?? [whole];

const sizeOf = ({ read, ids }: Order, ranges: readonly Range[]): number => {
  let size = 0;
  for (const { isBelow, isAbove } of ranges)
    size += countRange(
      ids,
      (number) => isBelow(read(number)),
      (number) => isAbove(read(number)),
    );
  return size;
};

type Found = { order: Order; ranges: Range[]; size: number; isExact: boolean; onlyKey: Key | undefined };

/** The filters of one field that leave the fewest things, except those of the field `without`. */
const smallestRange = (
  source: Source,
  fields: ReadonlyMap<string, readonly Filter[]>,
  without: string | undefined,
): Found | undefined => {
  let best: Found | undefined;
  for (const [field, filters] of fields) {
    const bounds = field === without ? undefined : rangesOf(filters);
    if (!bounds) continue;
    const order = orderOf(source, field);
    const size = sizeOf(order, bounds.ranges);
    // with `in` beside `eq` there are several ranges, all but one empty
    const onlyKey = bounds.ranges.length === 1 ? filters.find(({ operator }) => operator === 'eq')?.keys[0] : undefined;
    if (!best || size < best.size) best = { order, ...bounds, size, onlyKey };
  }
  return best;
};

/** About how many things are read in the order of the sort, until a page is full. */
const costOfWalk = ({ query }: Source, order: Order, ranges: readonly Range[], matching: number): number => {
  const expected = (query.limit + 1) * Math.ceil(order.ids.size / Math.max(1, matching));
  return Math.min(expected, sizeOf(order, ranges));
};

/** The things of these ranges, in pieces. */
function* pieces({ order, ranges }: Pick<Found, 'order' | 'ranges'>): Generator<number[]> {
  for (const range of ranges) {
    let way = wayOf(order, range, false);
    for (;;) {
      const numbers = step(way, pieceMax);
      const last = numbers.at(-1);
      if (last !== undefined) way = { ...way, isPassed: isUpTo(order, last, false) };
      yield numbers;
      if (numbers.length < pieceMax) break;
    }
  }
}

/** Reads all things of these ranges, and returns the first rows of those that meet the query. */
function* collect(source: Source, found: Pick<Found, 'order' | 'ranges'>): Generator<void, Row[]> {
  const enough = 4 * source.query.limit + pieceMax;
  let rows: Row[] = [];
  for (const numbers of pieces(found)) {
    rows.push(...rowsOf(source, numbers));
    if (rows.length > enough) rows = firstOf(source, rows);
    yield;
  }
  return firstOf(source, rows);
}

const rowsOf = ({ isMet, query, rowOf }: Source, numbers: readonly number[]): Row[] => {
  const rows = numbers.filter(isMet).map(rowOf);
  const { after, sort } = query;
  return after ? rows.filter(({ keys }) => compareRows(sort, keys, after) > 0) : rows;
};

const firstOf = ({ query }: Source, rows: Row[]): Row[] => inOrder(query.sort, rows).slice(0, query.limit + 1);

const inOrder = (sort: readonly SortKey[], rows: Row[]): Row[] =>
  rows.sort((one, other) => compareRows(sort, one.keys, other.keys));

/** A way through a range of an order. It begins behind the things that `isPassed`. */
type Way = { order: Order; range: Range; isBackwards: boolean; isPassed: (number: number) => boolean };

const wayOf = (order: Order, range: Range, isBackwards: boolean): Way => ({
  ...{ order, range, isBackwards },
  isPassed: () => false,
});

/** Returns up to `count` things of a way, from its beginning. */
const step = ({ order: { ids, read }, range, isBackwards, isPassed }: Way, count: number): number[] => {
  const isWhole = range === whole; // then no key needs to be read
  const isLow = (number: number) => (!isWhole && range.isBelow(read(number))) || (!isBackwards && isPassed(number));
  const isHigh = (number: number) => (!isWhole && range.isAbove(read(number))) || (isBackwards && isPassed(number));
  return sliceRange(ids, isLow, isHigh, count, isBackwards);
};

/** Whether a thing comes before a thing on a way, or is that thing. Holds when the states of both change. */
const isUpTo = ({ read, readId }: Order, last: number, isBackwards: boolean) =>
  isUpToKeys(read, readId, [read(last), readId(last)], isBackwards);

const isUpToKeys =
  (read: KeyReader, readId: KeyReader, [key, id]: readonly Key[], isBackwards: boolean) =>
  (number: number): boolean => {
    const compared = compareKeys(read(number), key ?? null) || compareKeys(readId(number), id ?? null);
    return isBackwards ? compared >= 0 : compared <= 0;
  };

/** Whether a thing has this key, or one that comes before it on a way. */
const hasPassed =
  (read: KeyReader, key: Key, isBackwards: boolean) =>
  (number: number): boolean => {
    const compared = compareKeys(read(number), key);
    return isBackwards ? compared >= 0 : compared <= 0;
  };

/**
 * Walks through the ranges in the order of the sort until a page is full. Things with equal first keys are a group.
 */
function* walk(source: Source, order: Order, ranges: readonly Range[]): Generator<void, Row[]> {
  const { after, limit, sort } = source.query;
  const isBackwards = sort[0]?.descending === true;
  const isStraight = sort.length === 1 || (sort.length === 2 && sort[1]?.descending === isBackwards);
  const rows: Row[] = [];
  for (const range of ranges) {
    const way = wayOf(order, range, isBackwards);
    if (isStraight) {
      const { read, readId } = order;
      const isPassed = after
        ? isUpToKeys(read, readId, sort.length === 1 ? [after[0] ?? null, after[0] ?? null] : after, isBackwards)
        : way.isPassed;
      yield* walkStraight(source, { ...way, isPassed }, rows);
    } else {
      const from = after?.[0];
      const isPassed =
        from === undefined ? way.isPassed : (number: number) => !hasPassed(order.read, from, !isBackwards)(number);
      yield* walkGroups(source, { ...way, isPassed }, rows);
    }
    if (rows.length > limit) break;
  }
  return rows;
}

/** Walks through the things with one key, which are in the order of their ids. */
function* walkKey(source: Source, { order, ranges: [range = whole], onlyKey = null }: Found): Generator<void, Row[]> {
  const { after, sort } = source.query;
  const isBackwards = sort[0]?.descending === true;
  const way = wayOf(order, range, isBackwards);
  const last = [onlyKey, after?.[0] ?? null];
  const isPassed = after ? isUpToKeys(order.read, order.readId, last, isBackwards) : way.isPassed;
  const rows: Row[] = [];
  yield* walkStraight(source, { ...way, isPassed }, rows);
  return rows;
}

/** Walks while the way has the order of the sort. */
function* walkStraight(source: Source, from: Way, rows: Row[]): Generator<void, void> {
  const { limit } = source.query;
  let way = from;
  for (let size = Math.min(limit + 1, pieceMax); rows.length <= limit; size = pieceMax) {
    const numbers = step(way, size);
    rows.push(...rowsOf(source, numbers));
    const last = numbers.at(-1);
    if (last === undefined || numbers.length < size) return;
    way = { ...way, isPassed: isUpTo(way.order, last, way.isBackwards) };
    yield;
  }
}

const groupsRead = 32; // so that most pieces have more than one group

/** Walks from group to group, and sorts the things of each one. */
function* walkGroups(source: Source, from: Way, rows: Row[]): Generator<void, void> {
  const { limit } = source.query;
  const { order, isBackwards } = from;
  const size = Math.min(Math.max(limit + 1, groupsRead), pieceMax);
  for (let way = from; rows.length <= limit; ) {
    const numbers = step(way, size);
    const isEnd = numbers.length < size;
    const whole = isEnd ? numbers : withoutLastGroup(order, numbers);
    const last = whole.at(-1) ?? numbers[0];
    if (last === undefined) return;
    const key = order.read(last);
    if (whole.length > 0) rows.push(...inOrder(source.query.sort, rowsOf(source, whole)));
    else yield* walkGroup(source, order, key, rows);
    if (isEnd) return;
    way = { ...way, isPassed: hasPassed(order.read, key, isBackwards) };
    yield;
  }
}

/** Reads a group that is too large for one piece. Straight, if the ids are its only order. */
function* walkGroup(source: Source, order: Order, key: Key, rows: Row[]): Generator<void, void> {
  const { after, sort } = source.query;
  const range: Range = { isBelow: (one) => compareKeys(one, key) < 0, isAbove: (one) => compareKeys(one, key) > 0 };
  if (sort.length > 2) {
    rows.push(...(yield* collect(source, { order, ranges: [range] })));
    return;
  }
  const isBackwards = sort[1]?.descending === true;
  const way = wayOf(order, range, isBackwards);
  const isBegun = after !== undefined && compareKeys(after[0] ?? null, key) === 0;
  const isPassed = isBegun ? isUpToKeys(order.read, order.readId, after, isBackwards) : way.isPassed;
  yield* walkStraight(source, { ...way, isPassed }, rows);
}

const withoutLastGroup = ({ read }: Order, numbers: readonly number[]): number[] => {
  const last = read(numbers.at(-1) ?? 0);
  const end = numbers.findIndex((number) => compareKeys(read(number), last) === 0);
  return numbers.slice(0, end);
};
