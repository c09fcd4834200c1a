import type Joi from 'joi';

/**
 * The body with dates in place of the ISO 8601 texts that these faults found where a date belongs. Undefined where
 * there is none. The body itself stays as it is.
 */
export const readDates = (body: object, faults: readonly Joi.ValidationErrorItem[]): object | undefined => {
  const found = faults.filter(wantsDate).flatMap(({ path, context }) => {
    const date = parseDate(context?.value);
    return date ? [{ path, date }] : [];
  });
  if (found.length === 0) return undefined;
  const copy = structuredClone(body);
  for (const { path, date } of found) setAt(copy, path, date);
  return copy;
};

const wantsDate = ({ type, context }: Joi.ValidationErrorItem): boolean =>
  type === 'date.base' ||
  type === 'array.includes' ||
  (type === 'alternatives.types' && context?.types.includes('date'));

const isoDate = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** A day (at 00:00 UTC), or a time with its zone, in ISO 8601. */
export const parseDate = (text: unknown): Date | undefined => {
  const parts = typeof text === 'string' ? isoDate.exec(text) : null;
  if (!parts) return undefined;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined; // 31 February would be 3 March
  const date = new Date(parts[0]);
  return Number.isNaN(date.getTime()) ? undefined : date;
};

const setAt = (root: object, path: readonly (string | number)[], value: unknown): void => {
  let holder = root as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) {
    if (typeof holder[step] !== 'object' || holder[step] === null) return; // a schema that renames keys
    holder = holder[step] as Record<string | number, unknown>;
  }
  holder[path.at(-1) ?? ''] = value;
};
