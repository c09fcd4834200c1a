import { isDeepStrictEqual } from 'node:util';
import type { Fields } from './stored-event.ts';

/**
 * Returns the JSON merge patch (RFC 7396) that turns `before` into `after`, two values of JSON. It is `{}` if they are
 * equal. A merge patch cannot set a member to null: a member that is null counts as missing. Lists are replaced as a
 * whole. Pure.
 */
export const diffJson = (before: unknown, after: unknown): unknown => {
  if (!isObject(after)) return after;
  const former = isObject(before) ? before : {};
  // by definition, not by assignment: a member may be named __proto__
  return Object.fromEntries([...removedOf(former, after), ...changedOf(former, after)]);
};

const removedOf = (before: Fields, after: Fields): [name: string, value: unknown][] =>
  Object.keys(before)
    .filter((name) => own(before, name) !== null && own(after, name) === null)
    .map((name) => [name, null]);

const changedOf = (before: Fields, after: Fields): [name: string, value: unknown][] =>
  Object.keys(after).flatMap((name): [name: string, value: unknown][] => {
    const [former, value] = [own(before, name), own(after, name)];
    if (value === null || isDeepStrictEqual(former, value)) return [];
    const patch = diffJson(former, value);
    return isObject(former) && isObject(patch) && Object.keys(patch).length === 0 ? [] : [[name, patch]];
  });

const own = (object: Fields, name: string): unknown => (Object.hasOwn(object, name) ? (object[name] ?? null) : null);

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
