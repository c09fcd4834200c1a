import type { State } from './state.ts';
import type { Fields } from './stored-event.ts';

// A state as JSON, without loss. Values that JSON does not have are objects with one key:
//   { "$date": 0 }            a date, in milliseconds since 1970
//   { "$number": "-0" }       -0, NaN, Infinity, -Infinity
//   { "$plain": { … } }       an object whose only key is one of these three

/** Returns the state as a text for `parseState`. Throws TypeError if a field is not data. */
export const writeState = (state: State): string => JSON.stringify(encodeState(state));

/** Parses a text of `writeState`. Throws RangeError or SyntaxError if it is not a state. */
export const parseState = (text: string): State => decodeState(JSON.parse(text));

/**
 * Returns the state as a value of JSON. It carries strings, numbers, booleans, null, dates, lists and plain objects.
 * Undefined is left out, and becomes null in a list, as in the database. Throws TypeError for anything else, such as a
 * decimal of the database: a reader would take it for an object.
 */
export const encodeState = (state: State): unknown => {
  const { status, version } = state;
  switch (status) {
    case 'absent':
      return { status, version };
    case 'active': {
      const [createdAt, updatedAt] = [msOf(state.createdAt), msOf(state.updatedAt)];
      return { status, version, createdAt, updatedAt, fields: encodeFields(state.fields) };
    }
    case 'deleted':
      return { status, version, createdAt: msOf(state.createdAt), deletedAt: msOf(state.deletedAt) };
  }
};

/**
 * Returns the state in a value of JSON. The value becomes part of the state. Throws RangeError if it is not a state.
 */
export const decodeState = (value: unknown): State => {
  const { status, version, createdAt, updatedAt, deletedAt, fields } = asObject(value);
  switch (status) {
    case 'absent':
      return { status, version: asVersion(version) };
    case 'active':
      return {
        status,
        version: asVersion(version),
        fields: decodeFields(fields),
        createdAt: asDate(createdAt),
        updatedAt: asDate(updatedAt),
      };
    case 'deleted':
      return { status, version: asVersion(version), createdAt: asDate(createdAt), deletedAt: asDate(deletedAt) };
    default:
      throw new RangeError('The state has an unknown status');
  }
};

/** Returns the fields as an object of JSON. Throws as `encodeState`. */
export const encodeFields = (fields: Fields): Fields => encodeObject(fields);

const tags: readonly string[] = ['$date', '$number', '$plain'];
const oddNumbers: readonly string[] = ['-0', 'NaN', 'Infinity', '-Infinity'];
const depthMax = 1_000; // the database allows 100

// most values need no change, and are not copied
const encodeValue = (value: unknown): unknown => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? '-0' : `${value}` };
    case 'object':
      if (value === null) return null;
      if (value instanceof Date) return { $date: msOf(value) };
      if (Array.isArray(value)) return encodeList(value);
      if (!isPlain(value)) break;
      return isTagged(value) ? { $plain: encodeObject(value) } : encodeObject(value);
  }
  throw new TypeError(`Cannot write a state with a field of the type ${typeNameOf(value)}`);
};

const encodeList = (list: readonly unknown[]): readonly unknown[] => {
  const encoded = Array.from(list, encodeValue); // turns holes into undefined
  return encoded.every((value, index) => value === list[index]) ? list : encoded;
};

const encodeObject = (object: Fields): Fields => {
  let encoded = object;
  for (const name of Object.keys(object)) {
    const value = encodeValue(object[name]);
    if (value === object[name]) continue;
    if (encoded === object) encoded = { ...object };
    setKey(encoded, name, value);
  }
  return encoded;
};

/** Whether a reader would take the object for one of the forms above. */
const isTagged = (object: Fields): boolean => {
  const names = Object.keys(object).filter((name) => object[name] !== undefined);
  return names.length === 1 && tags.includes(names[0] ?? '');
};

// other values of the database are objects of a class
const isPlain = (value: object): value is Fields => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

const msOf = (date: unknown): number => {
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date.getTime();
  throw new TypeError('Cannot write a state with a date that is none');
};

const typeNameOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'object') : typeof value;

const decodeValue = (value: unknown, depth: number): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > depthMax) throw new RangeError(`The state is nested deeper than ${depthMax}`);
  if (Array.isArray(value)) return decodeInside(value, depth);
  return isTagged(value as Fields) ? decodeTagged(value as Fields, depth) : decodeInside(value, depth);
};

const decodeTagged = ({ $date, $number, $plain }: Fields, depth: number): unknown => {
  if ($plain !== undefined) return decodeInside(asObject($plain), depth + 1);
  if ($date !== undefined) return asDate($date);
  if (typeof $number === 'string' && oddNumbers.includes($number)) return Number($number);
  throw new RangeError('The state has a number that is none');
};

/** Returns the fields in an object of `encodeFields`, which becomes part of them. Throws as `decodeState`. */
export const decodeFields = (value: unknown): Fields => decodeInside(asObject(value), 0) as Fields;

/** Decodes the values inside a list or object, and returns it. */
const decodeInside = (holder: object, depth: number): object => {
  for (const [name, value] of Object.entries(holder)) {
    const decoded = decodeValue(value, depth + 1);
    if (decoded === value) continue;
    setKey(holder, name, decoded);
  }
  return holder;
};

// an assignment to the key "__proto__" would not set a key
const setKey = (holder: object, name: string, value: unknown): void => {
  Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
};

const asObject = (value: unknown): Fields => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new RangeError('The state is no object');
};

const asVersion = (value: unknown): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError('The state has a version that is none');
};

const asDate = (value: unknown): Date => {
  const date = new Date(typeof value === 'number' ? value : Number.NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new RangeError('The state has a date that is none');
};
