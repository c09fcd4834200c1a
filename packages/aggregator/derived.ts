import {
  compareKeys,
  countInto,
  type Entity,
  type Group,
  type Key,
  keyOfThing,
  markOf,
  openGroup,
  type State,
  type View,
} from '@muster/model';
import { addId, openSortedIds, removeId, type SortedIds, type Sorting } from './sorted-ids.ts';
import {
  compareIds,
  countThings,
  entityOf,
  fastReaderOf,
  isActive,
  type KeyReader,
  keyReaderOf,
  type Things,
} from './things.ts';

// What is derived from the states of a partition: orders and tallies. Each one is made when it is first asked for, a
// part at a time. From then on, each change of a thing keeps it. All code may read them; only the functions of this
// file change them.

/** The active things of an entity in the order of an index, or of two, then of the id. */
export type Order = {
  readonly fields: readonly string[];
  readonly read: KeyReader; // of the first field
  readonly reads: readonly KeyReader[]; // of all fields
  readonly readId: KeyReader;
  readonly ids: SortedIds;
  readonly grown: number; // the things below this number are in it, all others are not yet
};

/** The active things of an entity, counted by a view. Its groups have no least and greatest values. */
export type Tally = {
  readonly view: View;
  readonly read: KeyReader; // of the field that the view counts by
  readonly readMeasures: readonly KeyReader[];
  readonly groups: ReadonlyMap<unknown, Group>;
  readonly grown: number;
};

/** All orders and tallies of an entity. */
export type Derived = { readonly orders: readonly Order[]; readonly tallies: readonly Tally[] };

export const noneDerived: Derived = { orders: [], tallies: [] };

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
const changingOrder = (order: Order) => order as Mutable<Order>;
const changingTally = (tally: Tally) => tally as Mutable<Omit<Tally, 'groups'>> & { groups: Map<unknown, Group> };

/** What `grown` is once all things are in it. */
export const whole = Number.POSITIVE_INFINITY;

/** Returns the order of these fields, complete or not. */
export const orderBy = ({ orders }: Derived, fields: readonly string[]): Order | undefined =>
  orders.find(
    (order) => order.fields.length === fields.length && order.fields.every((name, at) => name === fields[at]),
  );

/** Returns the tally of a view, complete or not. */
export const tallyOf = ({ tallies }: Derived, view: View): Tally | undefined =>
  tallies.find((tally) => tally.view === view);

/** Opens an order without a thing. */
export const openOrder = (things: Things, entity: Entity, fields: readonly string[]): Order => {
  const readId = keyReaderOf(things, entity, 'id');
  const reads = fields.map((field) => keyReaderOf(things, entity, field));
  const sorting = sortingBy(fields.map((field) => fastReaderOf(things, entity, field)));
  return { fields, read: reads[0] ?? readId, reads, readId, ids: openSortedIds(things, sorting), grown: 0 };
};

const sortingBy = (reads: readonly KeyReader[]): Sorting => {
  const [read, further] = reads as [KeyReader, KeyReader | undefined];
  if (!further)
    return {
      compare: (things, one, other) => compareKeys(read(one), read(other)) || compareIds(things, one, other),
      compareTo: (things, one) => {
        const key = read(one);
        return (other) => compareKeys(read(other), key) || compareIds(things, other, one);
      },
    };
  const compare: Sorting['compare'] = (things, one, other) =>
    compareKeys(read(one), read(other)) || compareKeys(further(one), further(other)) || compareIds(things, one, other);
  return { compare, compareTo: (things, one) => (other) => compare(things, other, one) };
};

/** Opens a tally without a thing. */
export const openTally = (things: Things, entity: Entity, view: View): Tally => ({
  view,
  read: keyReaderOf(things, entity, view.by),
  readMeasures: view.measures.map((field) => keyReaderOf(things, entity, field)),
  ...{ groups: new Map(), grown: 0 },
});

/** Adds up to `count` things to an order or a tally. Returns true when it has all of them. */
export const grow = (derived: Order | Tally, things: Things, entity: Entity, count: number): boolean => {
  const growing = derived as Mutable<Order | Tally>;
  const end = Math.min(growing.grown + count, countThings(things));
  for (; growing.grown < end; growing.grown += 1)
    if (isActive(things, growing.grown) && entityOf(things, growing.grown) === entity) put(derived, growing.grown);
  if (growing.grown === countThings(things)) growing.grown = whole;
  return isComplete(derived);
};

export const isComplete = ({ grown }: Order | Tally): boolean => grown === whole;

const put = (derived: Order | Tally, number: number): void => {
  if ('ids' in derived) addId(derived.ids, number);
  else countThing(derived, number, 1);
};

/** Where a thing must be put back after its change. */
export type Moved = readonly (Order | Tally)[];

export const noneMoved: Moved = [];

/**
 * Takes a thing out of the orders and tallies where its next state has another place. Call it before the state is set,
 * and `putBack` afterwards.
 */
export const takeOut = ({ orders, tallies }: Derived, number: number, wasActive: boolean, next: State): Moved => {
  const moved: (Order | Tally)[] = [];
  for (const order of orders)
    if (number < order.grown && !(wasActive && isSamePlace(order, number, next))) {
      if (wasActive) removeId(changingOrder(order).ids, number);
      moved.push(order);
    }
  for (const tally of tallies)
    if (number < tally.grown && !(wasActive && isSameGroup(tally, number, next))) {
      if (wasActive) countThing(tally, number, -1);
      moved.push(tally);
    }
  return next.status === 'active' ? moved : noneMoved;
};

export const putBack = (moved: Moved, number: number): void => {
  for (const derived of moved) put(derived, number);
};

const isSamePlace = ({ fields, reads }: Order, number: number, next: State): boolean =>
  fields.every((field, at) => isSameKey(reads[at]?.(number) ?? null, next, field));

const isSameGroup = ({ view, read, readMeasures }: Tally, number: number, next: State): boolean =>
  isSameKey(read(number), next, view.by) &&
  view.measures.every((field, at) => isSameKey(readMeasures[at]?.(number) ?? null, next, field));

const isSameKey = (key: Key, next: State, field: string): boolean =>
  next.status === 'active' && compareKeys(key, keyOfThing('', next, field)) === 0;

/** Adds a thing to its group, or takes it out. A group without things is dropped. */
const countThing = (tally: Tally, number: number, by: 1 | -1): void => {
  const { view, read, readMeasures } = tally;
  const { groups } = changingTally(tally);
  const key = read(number);
  const mark = markOf(key);
  const group = groups.get(mark) ?? openGroup(view, key);
  const values = readMeasures.map((readMeasure) => readMeasure(number));
  countInto(group, values, by);
  if (group.count === 0) groups.delete(mark);
  else groups.set(mark, group);
};
