import type { Fields } from './stored-event.ts';

/** The fields without those that are undefined, which no log and no record has. */
export const withoutUndefined = (fields: Fields): Fields =>
  Object.values(fields).includes(undefined)
    ? Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
    : fields;
