import type { Fields } from './stored-event.ts';

// A thing is written as JSON for every write and every event that a reader sees. JSON.stringify takes twice as long for
// flat fields, mostly for dates and for names that are the same each time

/** How each of these fields begins in the JSON of an object. Undefined if JSON.stringify would change their order. */
export const beginningsOf = (names: readonly string[]): readonly string[] | undefined =>
  names.some((name) => /^\d/.test(name)) ? undefined : names.map((name) => `,${JSON.stringify(name)}:`);

/** Returns what JSON.stringify returns for an object of this id and these fields, in this order. */
export const writeMembers = (
  id: string,
  names: readonly string[],
  beginnings: readonly string[],
  fields: Fields,
): string => {
  let json = `{"id":${writeText(id)}`;
  for (const [index, name] of names.entries()) {
    const value = writeValue(fields[name]);
    if (value !== undefined) json += beginnings[index] + value;
  }
  return `${json}}`;
};

const writeValue = (value: unknown): string | undefined => {
  switch (typeof value) {
    case 'string':
      return writeText(value);
    case 'number':
      return Number.isFinite(value) ? `${value}` : 'null';
    case 'object':
      return value instanceof Date && !Number.isNaN(value.getTime())
        ? `"${value.toISOString()}"`
        : JSON.stringify(value);
    default:
      return JSON.stringify(value);
  }
};

const writeText = (text: string): string => (needsNoEscape.test(text) ? `"${text}"` : JSON.stringify(text));

// no control characters, quotes, backslashes and halves of surrogate pairs
const needsNoEscape = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;
