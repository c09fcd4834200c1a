import { compareKeys, type Key, rankOf } from './index-key.ts';

/** How a filter compares. */
export const operators = [
  ...(['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'contains', 'startsWith', 'endsWith', 'exists'] as const),
] as const;
/**
 * `within` and `outside` come from dates that are periods. Their keys are pairs: the beginning of a period, which is in
 * it, and its end, which is not.
 */
export const periodOperators = ['within', 'outside'] as const;
export type Operator = (typeof operators)[number] | (typeof periodOperators)[number];

/**
 * A condition on one field. `in` has one key or more, `within` and `outside` have one pair or more, and every other
 * operator has exactly one key.
 */
export type Filter = { field: string; operator: Operator; keys: readonly Key[] };

/** Whether a key meets a filter. Nothing but `ne`, `outside` and `exists` is met by a missing value. */
export const meetsFilter = ({ operator, keys }: Filter, key: Key): boolean => {
  const wanted = keys[0] ?? null;
  switch (operator) {
    case 'eq':
      return compareKeys(key, wanted) === 0;
    case 'ne':
      return compareKeys(key, wanted) !== 0;
    case 'lt':
      return isLike(key, wanted) && compareKeys(key, wanted) < 0;
    case 'lte':
      return isLike(key, wanted) && compareKeys(key, wanted) <= 0;
    case 'gt':
      return isLike(key, wanted) && compareKeys(key, wanted) > 0;
    case 'gte':
      return isLike(key, wanted) && compareKeys(key, wanted) >= 0;
    case 'in':
      return keys.some((one) => compareKeys(key, one) === 0);
    case 'contains':
      return typeof key === 'string' && typeof wanted === 'string' && key.includes(wanted);
    case 'startsWith':
      return typeof key === 'string' && typeof wanted === 'string' && key.startsWith(wanted);
    case 'endsWith':
      return typeof key === 'string' && typeof wanted === 'string' && key.endsWith(wanted);
    case 'exists':
      return (key !== null) === wanted;
    case 'within':
      return isInPeriod(keys, key);
    case 'outside':
      return !isInPeriod(keys, key);
  }
};

const isInPeriod = (ends: readonly Key[], key: Key): boolean =>
  ends.some(
    (end, at) =>
      at % 2 === 1 && isLike(key, end) && compareKeys(key, ends[at - 1] ?? null) >= 0 && compareKeys(key, end) < 0,
  );

const isLike = (key: Key, wanted: Key) => rankOf(key) === rankOf(wanted);

/** A range in the order of keys: those that are neither below it nor above it. */
export type Range = { isBelow: (key: Key) => boolean; isAbove: (key: Key) => boolean };

const whole: Range = { isBelow: () => false, isAbove: () => false };

/**
 * Returns the ranges that have all keys which meet these filters of one field, in the order of keys. `isExact` says
 * that they have no other keys. Undefined if no filter bounds the keys.
 */
export const rangesOf = (filters: readonly Filter[]): { ranges: Range[]; isExact: boolean } | undefined => {
  const bounding = filters.filter(({ operator }) => !unordered.includes(operator));
  if (bounding.length === 0) return undefined;
  const listed = bounding.find(({ operator }) => operator === 'in');
  const others = bounding.filter((filter) => filter !== listed);
  const points = listed ? distinct(listed.keys).map((key): Range[] => [boundsOf('eq', key)]) : [[]];
  const bounds = others.map(({ operator, keys }) => boundsOf(operator, keys[0] ?? null));
  const isExact = bounding.length === filters.length && others.every(({ operator }) => operator !== 'in');
  return { ranges: points.map((point) => intersect([...point, ...bounds])), isExact };
};

const unordered: readonly Operator[] = ['ne', 'contains', 'endsWith', 'within', 'outside'];

const distinct = (keys: readonly Key[]): Key[] =>
  [...keys].sort(compareKeys).filter((key, at, sorted) => at === 0 || compareKeys(key, sorted[at - 1] ?? null) !== 0);

const intersect = (ranges: readonly Range[]): Range => ({
  isBelow: (key) => ranges.some(({ isBelow }) => isBelow(key)),
  isAbove: (key) => ranges.some(({ isAbove }) => isAbove(key)),
});

const boundsOf = (operator: Operator, wanted: Key): Range => {
  const rank = rankOf(wanted);
  const hasLowerType = (key: Key) => rankOf(key) < rank;
  const hasHigherType = (key: Key) => rankOf(key) > rank;
  switch (operator) {
    case 'eq':
      return { isBelow: (key) => compareKeys(key, wanted) < 0, isAbove: (key) => compareKeys(key, wanted) > 0 };
    case 'lt':
      return { isBelow: hasLowerType, isAbove: (key) => compareKeys(key, wanted) >= 0 };
    case 'lte':
      return { isBelow: hasLowerType, isAbove: (key) => compareKeys(key, wanted) > 0 };
    case 'gt':
      return { isBelow: (key) => compareKeys(key, wanted) <= 0, isAbove: hasHigherType };
    case 'gte':
      return { isBelow: (key) => compareKeys(key, wanted) < 0, isAbove: hasHigherType };
    case 'startsWith': {
      const isBelow = (key: Key) => compareKeys(key, wanted) < 0;
      return {
        isBelow,
        isAbove: (key) => !isBelow(key) && !(String(key).startsWith(String(wanted)) && !hasHigherType(key)),
      };
    }
    case 'exists':
      return wanted === true
        ? { isBelow: (key) => key === null, isAbove: () => false }
        : { isBelow: () => false, isAbove: (key) => key !== null };
    case 'in':
    case 'ne':
    case 'contains':
    case 'endsWith':
    case 'within':
    case 'outside':
      return whole;
  }
};
