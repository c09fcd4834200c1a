import type { Fault } from './fault.ts';

const depthMax = 32;

/**
 * Finds the parts of a parsed JSON value, at any depth, that must not reach a database or an object's prototype. They
 * are keys such as `$where`, `a.b` or `__proto__`, nesting deeper than 32, and malformed Unicode, which the database
 * would store as a different text.
 */
export const findUnsafe = (value: unknown, pointer = '', depth = 0): Fault[] => {
  if (typeof value === 'string')
    return value.isWellFormed() ? [] : [{ pointer, detail: 'is not well-formed Unicode text' }];
  if (typeof value !== 'object' || value === null) return [];
  if (depth >= depthMax) return [{ pointer, detail: `is nested deeper than ${depthMax}` }];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = `${pointer}/${escapePointer(key)}`;
    if (isUnsafeKey(key)) return [{ pointer: at, detail: `${JSON.stringify(key)} is not allowed` }];
    return findUnsafe(inner, at, depth + 1);
  });
};

/** Escapes a key for a JSON pointer (RFC 6901). */
export const escapePointer = (key: string): string => key.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1');

const isUnsafeKey = (key: string) =>
  key === '__proto__' ||
  key === '_bsontype' ||
  key.startsWith('$') ||
  key.includes('.') ||
  key.includes('\0') ||
  !key.isWellFormed();
