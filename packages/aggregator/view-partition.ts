import {
  addGroup,
  compareKeys,
  type Entity,
  type Filter,
  type Group,
  type Groups,
  type Key,
  meetsFilter,
  type View,
} from '@muster/model';
import type { Order, Tally } from './derived.ts';
import { sliceRange } from './sorted-ids.ts';
import { findOrder, findTally, type Partition } from './table.ts';

/** Which groups of a view are asked for: those behind the key `after` that meet the filters. */
export type GroupsAsked = {
  view: View;
  filters: readonly Filter[];
  descending: boolean;
  after: Key | undefined;
  limit: number;
};

const keysAtOnce = 1_024;
const groupsAtOnce = 256;
const triesMax = 3;

/**
 * Returns the first groups of a view in these partitions, in the order of their keys, one more than the limit at most.
 * The partitions must have the tally of the view and the orders of its measures. Undefined if events change the groups
 * too fast.
 */
export function* viewPartitions(
  partitions: readonly Partition[],
  entity: Entity,
  asked: GroupsAsked,
): Generator<void, Group[] | undefined> {
  const keys = yield* firstKeys(partitions, entity, asked);
  const groups: Groups = new Map();
  for (const partition of partitions) {
    const found = yield* readGroups(partition, entity, asked.view, keys);
    if (!found) return undefined;
    for (const group of found) addGroup(groups, group);
    yield;
  }
  return [...groups.values()].sort((one, other) => compareIn(asked, one.key, other.key));
}

/** Returns the names of the fields of the orders that a view needs. */
export const ordersOf = ({ by, measures }: View): string[][] => measures.map((measure) => [by, measure]);

/** Returns the first keys by their marks, one more than the limit at most. Never holds many more. */
function* firstKeys(
  partitions: readonly Partition[],
  entity: Entity,
  asked: GroupsAsked,
): Generator<void, ReadonlyMap<unknown, Key>> {
  const enough = 4 * asked.limit + keysAtOnce;
  let keys = new Map<unknown, Key>();
  let seen = 0;
  for (const partition of partitions) {
    for (const [mark, { key }] of tallyIn(partition, entity, asked.view).groups) {
      if (isAsked(asked, key)) keys.set(mark, key);
      if (keys.size > enough) keys = firstOf(asked, keys);
      seen += 1;
      if (seen % keysAtOnce === 0) yield;
    }
  }
  return firstOf(asked, keys);
}

const firstOf = (asked: GroupsAsked, keys: ReadonlyMap<unknown, Key>): Map<unknown, Key> =>
  new Map([...keys].sort(([, one], [, other]) => compareIn(asked, one, other)).slice(0, asked.limit + 1));

const isAsked = (asked: GroupsAsked, key: Key): boolean =>
  (asked.after === undefined || compareIn(asked, key, asked.after) > 0) &&
  asked.filters.every((filter) => meetsFilter(filter, key));

/** Compares two keys in the direction that was asked for. */
export const compareIn = ({ descending }: Pick<GroupsAsked, 'descending'>, one: Key, other: Key): number =>
  descending ? -compareKeys(one, other) : compareKeys(one, other);

const tallyIn = (partition: Partition, entity: Entity, view: View): Tally => {
  const tally = findTally(partition, entity, view);
  if (tally) return tally;
  throw new Error(`Cannot read ${view.name} of ${entity.name}s: partition ${partition.number} has no such tally`);
};

/**
 * Reads these groups of a partition. If events change things while it pauses, it reads again, so that no thing is
 * counted in two groups. Undefined if that happens each time.
 */
function* readGroups(
  partition: Partition,
  entity: Entity,
  view: View,
  keys: ReadonlyMap<unknown, Key>,
): Generator<void, Group[] | undefined> {
  const { groups } = tallyIn(partition, entity, view);
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const { events } = partition;
    const found: Group[] = [];
    let seen = 0;
    for (const mark of keys.keys()) {
      const counted = groups.get(mark);
      if (counted) found.push(copyOf(partition, entity, view, counted));
      seen += 1;
      if (seen % groupsAtOnce === 0) yield;
    }
    if (partition.events === events) return found;
  }
  return undefined;
}

/** A copy of a group with the least and greatest values of its measures. */
const copyOf = (partition: Partition, entity: Entity, view: View, { key, count, measures }: Group): Group => ({
  ...{ key, count },
  measures: measures.map((measure, at) => {
    const order = findOrder(partition, entity, view.by, view.measures[at] ?? '');
    const [least, greatest] = order && measure.count > 0 ? edgesOf(order, key) : [undefined, undefined];
    return { count: measure.count, sum: { ...measure.sum }, least, greatest };
  }),
});

/** The least and the greatest number in the part of an order that has this key. */
const edgesOf = ({ ids, reads }: Order, key: Key): (number | undefined)[] => {
  const [readKey = () => null, readValue = () => null] = reads;
  const isLow = (number: number) => {
    const compared = compareKeys(readKey(number), key);
    return compared < 0 || (compared === 0 && readValue(number) === null); // missing values come first
  };
  const isHigh = (number: number) => {
    const compared = compareKeys(readKey(number), key);
    return compared > 0 || (compared === 0 && isNoNumber(readValue(number)));
  };
  return [false, true].map((isBackwards) => {
    const [number] = sliceRange(ids, isLow, isHigh, 1, isBackwards);
    return number === undefined ? undefined : (readValue(number) as number);
  });
};

// a value of another type, which only an old event can have
const isNoNumber = (value: Key): boolean => value !== null && typeof value !== 'number';
