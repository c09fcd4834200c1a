import { compareKeys, type Filter, type IndexType, type Key, meets } from '@muster/model';

/** A condition of MongoDB on one indexed field, which an index bounds. */
export type Bounds = { $in: Key[] } | { $eq: Key } | { $gt?: Key; $gte?: Key; $lt?: Key; $lte?: Key };

/**
 * Returns the condition that has exactly the keys of this type which meet these filters of one field. Undefined if a
 * filter is none that an index bounds. Pure.
 */
export const boundsOf = (type: IndexType, filters: readonly Filter[]): Bounds | undefined => {
  if (filters.some(({ operator }) => !bounding.includes(operator))) return undefined;
  const points = filters.find(({ operator }) => operator === 'eq' || operator === 'in');
  if (points) {
    const keys = points.keys.filter((key) => filters.every((filter) => meets(filter, key)));
    return keys.length === 1 ? { $eq: keys[0] ?? null } : { $in: keys };
  }
  const lower = [...filters.filter(({ operator }) => operator === 'gt' || operator === 'gte')].sort(byKey).at(-1);
  const upper = [...filters.filter(({ operator }) => operator === 'lt' || operator === 'lte')].sort(byKey)[0];
  return { ...(lower ? named(lower, filters) : { $gte: lowest[type] }), ...(upper ? named(upper, filters) : {}) };
};

const bounding = ['eq', 'in', 'lt', 'lte', 'gt', 'gte'];

const byKey = (one: Filter, other: Filter) => compareKeys(one.keys[0] ?? null, other.keys[0] ?? null);

// of two bounds with one key, the stricter one excludes the key
const named = ({ operator, keys: [key = null] }: Filter, filters: readonly Filter[]): Bounds => {
  const isStrict = filters.some(
    (one) => one.operator === operator.slice(0, 2) && compareKeys(one.keys[0] ?? null, key) === 0,
  );
  return { [isStrict ? `$${operator.slice(0, 2)}` : `$${operator}`]: key };
};

// MongoDB compares values of one type only, so this is what bounds a range below
const lowest: Record<IndexType, Key> = {
  string: '',
  number: Number.NEGATIVE_INFINITY,
  boolean: false,
  date: new Date(-8.64e15),
};

/** Whether a condition can have no keys. */
export const isNothing = (bounds: Bounds): boolean => '$in' in bounds && bounds.$in.length === 0;
