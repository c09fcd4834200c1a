import type { View } from './count-by.ts';
import { addNumber, addSum, averageOf, decodeSum, type ExactSum, encodeSum, numberOf, openSum } from './exact-sum.ts';
import { decodeKey, encodeKey, type Key, keyOf } from './index-key.ts';
import { keyOfThing } from './query.ts';
import type { Active } from './state.ts';

/** The things of a view that have one key. A plain value; only this file changes it. */
export type Group = { key: Key; count: number; measures: Measure[] };

/** The values of a measure in a group. `count`: how many things have one. */
export type Measure = { count: number; sum: ExactSum; least: number | undefined; greatest: number | undefined };

/** The groups of a view by `markOf` of their keys. */
export type Groups = Map<unknown, Group>;

export const openGroup = ({ measures }: View, key: Key): Group => ({
  ...{ key, count: 0 },
  measures: measures.map(() => ({ count: 0, sum: openSum(), least: undefined, greatest: undefined })),
});

/** Returns what a Map can find a key by. Two dates of one time are two objects. */
export const markOf = (key: Key): unknown => (key instanceof Date ? BigInt(key.getTime()) : key);

/** Adds a thing with these values to its group, or takes it out. Does not change the least and greatest values. */
export const countInto = (group: Group, values: readonly Key[], by: 1 | -1): void => {
  group.count += by;
  for (const [at, measure] of group.measures.entries()) {
    const value = values[at];
    if (typeof value !== 'number') continue;
    measure.count += by;
    addNumber(measure.sum, by * value);
  }
};

/** Returns a group of one thing. */
export const groupOf = (view: View, state: Active): Group => {
  const values = view.measures.map((field) => keyOfThing('', state, field));
  const group = openGroup(view, keyOfThing('', state, view.by));
  countInto(group, values, 1);
  for (const [at, measure] of group.measures.entries()) {
    const value = values[at];
    if (typeof value === 'number') measure.least = measure.greatest = value;
  }
  return group;
};

/** Adds the things of a group to the group with the same key. Takes over the group if it is the first one. */
export const addGroup = (groups: Groups, group: Group): void => {
  const mark = markOf(group.key);
  const known = groups.get(mark);
  if (!known) groups.set(mark, group);
  else {
    known.count += group.count;
    for (const [at, measure] of known.measures.entries()) addMeasure(measure, group.measures[at]);
  }
};

const addMeasure = (measure: Measure, other: Measure | undefined): void => {
  if (!other) return;
  measure.count += other.count;
  addSum(measure.sum, other.sum);
  measure.least = pick(Math.min, measure.least, other.least);
  measure.greatest = pick(Math.max, measure.greatest, other.greatest);
};

const pick = (choose: typeof Math.min, one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : choose(one, other);

/** The figures of a measure by their names. Null stands for none, and for one that no number is large enough for. */
export const figuresOf = ({ count, sum, least, greatest }: Measure) => ({
  count,
  sum: keyOf(numberOf(sum)),
  min: least ?? null,
  max: greatest ?? null,
  average: count === 0 ? null : keyOf(averageOf(sum, count)),
});

/** The names of the figures of a measure. */
export const figureNames = ['count', 'sum', 'min', 'max', 'average'] as const;
export type FigureName = (typeof figureNames)[number];

/** Returns what clients see of a group. */
export const shownGroup = ({ measures: names }: View, { key, count, measures }: Group): object => ({
  ...{ key, count },
  ...(names.length === 0
    ? {}
    : { measures: Object.fromEntries(names.map((name, at) => [name, figuresOf(measures[at] as Measure)])) }),
});

/** Returns a group as JSON can carry it. */
export const encodeGroup = ({ key, count, measures }: Group): unknown => [
  ...[encodeKey(key), count],
  ...measures.map(({ count: values, sum, least, greatest }) => [values, encodeSum(sum), least, greatest]),
];

/** Returns the group that `encodeGroup` encoded. Throws RangeError when it is none. */
export const decodeGroup = (encoded: unknown): Group => {
  if (!Array.isArray(encoded)) throw new RangeError('expected a group');
  const [key, count, ...measures] = encoded;
  return { key: decodeKey(key), count: asCount(count), measures: measures.map(decodeMeasure) };
};

const decodeMeasure = (encoded: unknown): Measure => {
  if (!Array.isArray(encoded)) throw new RangeError('expected a measure');
  const [count, sum, least, greatest] = encoded;
  return { count: asCount(count), sum: decodeSum(sum), least: asValue(least), greatest: asValue(greatest) };
};

const asCount = (value: unknown): number => {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new RangeError('expected a count');
};

const asValue = (value: unknown): number | undefined => {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new RangeError('expected a number');
};
