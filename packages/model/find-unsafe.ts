import type { Fault } from './fault.ts';

/** How many levels of objects and lists there may be. At this depth one more is refused. */
export const depthMax = 32;

/**
 * Finds values in parsed JSON that must not reach the database or a prototype, at any depth: keys such as `$where`,
 * `a.b` or `__proto__`, text that is not well-formed Unicode (it would be stored as other text), and nesting deeper
 * than 32. `depth`: that of the value, below zero for one that the engine has put around what a client sent.
 */
export const findUnsafe = (value: unknown, depth = 0): Fault[] =>
  isSafe(value, depth) ? [] : listUnsafe(value, '', depth);

/** Whether `findUnsafe` finds nothing in a value of this depth. It writes no pointers, since most values are safe. */
export const isSafe = (value: unknown, depth = 0): boolean => {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= depthMax) return false;
  if (Array.isArray(value)) return value.every((inner) => isSafe(inner, depth + 1));
  return Object.entries(value).every(([key, inner]) => !isUnsafeKey(key) && isSafe(inner, depth + 1));
};

const listUnsafe = (value: unknown, pointer: string, depth: number): Fault[] => {
  if (typeof value === 'string')
    return value.isWellFormed() ? [] : [{ pointer, code: 'unsafe-text', detail: 'is not well-formed Unicode text' }];
  if (typeof value !== 'object' || value === null) return [];
  if (depth >= depthMax) return [{ pointer, code: 'too-deep', detail: `is nested deeper than ${depthMax}` }];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = `${pointer}/${escapePointer(key)}`;
    if (isUnsafeKey(key)) return [{ pointer: at, code: 'unsafe-key', detail: `${JSON.stringify(key)} is not allowed` }];
    return listUnsafe(inner, at, depth + 1);
  });
};

/** Escapes a key for a JSON pointer (RFC 6901). */
export const escapePointer = (key: string): string => key.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1');

/** Whether a key means something else to the database or to JavaScript. */
export const isUnsafeKey = (key: string) =>
  key === '__proto__' ||
  key === '_bsontype' ||
  key.startsWith('$') ||
  key.includes('.') ||
  key.includes('\0') ||
  !key.isWellFormed();
