import { parseDate } from './read-dates.ts';

/**
 * A value by which things are filtered and sorted. Null stands for a missing value, and for one that has no order here:
 * a list, an object, NaN or an infinite number.
 */
export type Key = null | number | string | boolean | Date;

/** The types of the fields that may be indexed. */
export const indexTypes = ['string', 'number', 'boolean', 'date'] as const;
export type IndexType = (typeof indexTypes)[number];

/** The names of the indexes that every entity has. */
export const builtInNames = ['id', 'createdAt', 'updatedAt', 'version'] as const;

/** Returns the key of a value of a field. */
export const keyOf = (value: unknown): Key => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value + 0 : null; // 0 and -0 are one number
    default:
      return value instanceof Date && !Number.isNaN(value.getTime()) ? value : null;
  }
};

/** The place of the key's type in the order: missing values, numbers, texts, booleans, dates. MongoDB has the same. */
export const rankOf = (key: Key): number => {
  if (key === null) return 0;
  switch (typeof key) {
    case 'number':
      return 1;
    case 'string':
      return 2;
    case 'boolean':
      return 3;
    default:
      return 4;
  }
};

/** Compares two keys: by type, then by value. Texts are compared by code points, as MongoDB compares their UTF-8. */
export const compareKeys = (one: Key, other: Key): number => {
  if (typeof one === 'string' && typeof other === 'string') return compareTexts(one, other);
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  const ranks = rankOf(one) - rankOf(other);
  return ranks === 0 ? Number(one) - Number(other) : ranks;
};

/** Compares two texts by their code points. JavaScript's own order differs beyond U+FFFF. */
export const compareTexts = (one: string, other: string): number => {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const [here, there] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (here !== there) return afterSurrogates(here) - afterSurrogates(there);
  }
  return one.length - other.length;
};

// halves of surrogate pairs stand for code points that come after all others
const afterSurrogates = (unit: number): number => {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
};

/** Parses the text of a value in an address. Undefined if it is none of this type. */
export const parseKey = (type: IndexType, text: string): Exclude<Key, null> | undefined => {
  switch (type) {
    case 'string':
      return text.isWellFormed() ? text : undefined;
    case 'number':
      return numberPattern.test(text) && Number.isFinite(Number(text)) ? Number(text) + 0 : undefined;
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : undefined;
    case 'date':
      return parseDate(text);
  }
};

// as in JSON
const numberPattern = /^-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?$/;

/** Returns a key as JSON can carry it. */
export const encodeKey = (key: Key): unknown => (key instanceof Date ? { ms: key.getTime() } : key);

/** Returns the key that `encodeKey` encoded. Throws RangeError when it is none. */
export const decodeKey = (encoded: unknown): Key => {
  if (encoded === null || typeof encoded === 'string' || typeof encoded === 'boolean') return encoded;
  if (typeof encoded === 'number' && Number.isFinite(encoded)) return encoded;
  const ms = typeof encoded === 'object' && 'ms' in encoded ? encoded.ms : undefined;
  if (typeof ms === 'number' && Math.abs(ms) <= 8.64e15) return new Date(ms);
  throw new RangeError('expected a text, a number, true, false, null or a date');
};
