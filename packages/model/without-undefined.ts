import type { Fields } from './stored-event.ts';

/** The fields without those that are undefined, which no log and no record has. */
export const withoutUndefined = (fields: Fields): Fields => {
  const entries = Object.entries(fields);
  const kept = entries.filter(([, value]) => value !== undefined);
  return kept.length === entries.length ? fields : Object.fromEntries(kept);
};
