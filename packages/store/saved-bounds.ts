import { compareKeys, type Filter, type IndexType, type Key, meetsFilter } from '@muster/model';

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
    const keys = points.keys.filter((key) => filters.every((filter) => meetsFilter(filter, key)));
    return keys.length === 1 ? { $eq: keys[0] ?? null } : { $in: keys };
  }
  const lower = [...filters.filter(({ operator }) => operator === 'gt' || operator === 'gte')].sort(byKey).at(-1);
  const upper = [...filters.filter(({ operator }) => operator === 'lt' || operator === 'lte')].sort(byKey)[0];
  return { ...(lower ? fromKey(lower, filters) : { $gte: lowest[type] }), ...(upper ? toKey(upper, filters) : {}) };
};

const bounding = ['eq', 'in', 'lt', 'lte', 'gt', 'gte'];

const byKey = (one: Filter, other: Filter) => compareKeys(one.keys[0] ?? null, other.keys[0] ?? null);

const fromKey = (lower: Filter, filters: readonly Filter[]): Bounds => {
  const key = lower.keys[0] ?? null;
  return isStrict(lower, 'gt', filters) ? { $gt: key } : { $gte: key };
};

/** SecantusDB finds no equal keys with $lte on an index that has further fields. So this is $lt of the next key. */
const toKey = (upper: Filter, filters: readonly Filter[]): Bounds => {
  const key = upper.keys[0] ?? null;
  const end = isStrict(upper, 'lt', filters) ? key : nextKey(key);
  return end === undefined ? {} : { $lt: end };
};

// of two bounds with one key, the stricter one excludes the key
const isStrict = ({ keys: [key = null] }: Filter, strict: 'gt' | 'lt', filters: readonly Filter[]): boolean =>
  filters.some(({ operator, keys: [other = null] }) => operator === strict && compareKeys(other, key) === 0);

/** Returns the lowest key above this one. Undefined if there is none of its type. */
const nextKey = (key: Key): Key | undefined => {
  if (typeof key === 'string') return `${key}\0`;
  if (typeof key === 'number') return nextNumber(key);
  if (key instanceof Date) return new Date(key.getTime() + 1);
  return key === false ? true : undefined;
};

const nextNumber = (number: number): number => {
  if (number === 0) return Number.MIN_VALUE;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, number);
  bits.setBigInt64(0, bits.getBigInt64(0) + (number > 0 ? 1n : -1n)); // the bits of numbers are in their order
  return bits.getFloat64(0);
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
