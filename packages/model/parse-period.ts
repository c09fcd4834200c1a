import { parseDate } from './read-dates.ts';

/** A period of time: it has its beginning, and does not have its end. */
export type Period = { from: Date; to: Date };

/**
 * Parses a date or a time in ISO 8601 that may be partial: `2017`, `2017-01`, `2017-01-31`, `2017-01-31T09` and
 * `2017-01-31T09:30` are whole periods. With seconds it is an instant, and so the period of one millisecond. Without a
 * zone it is in UTC. Undefined if it is none of these.
 */
export const parsePeriod = (text: string): Period | undefined => {
  const parts = partial.exec(text);
  if (!parts) return undefined;
  const [, year = '', month, day, hour, minute, seconds, zone = 'Z'] = parts;
  const from = parseDate(
    `${year}-${month ?? '01'}-${day ?? '01'}T${hour ?? '00'}:${minute ?? '00'}${seconds ?? ':00'}${zone}`,
  );
  if (!from) return undefined;
  if (month === undefined) return { from, to: afterMonths(from, 12) };
  if (day === undefined) return { from, to: afterMonths(from, 1) };
  return { from, to: new Date(from.getTime() + lengthMs(hour, minute, seconds)) };
};

const partial = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d)(?::(\d\d)(:\d\d(?:\.\d{1,9})?)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

const afterMonths = (from: Date, months: number): Date => {
  const to = new Date(from);
  to.setUTCMonth(to.getUTCMonth() + months);
  return to;
};

const minuteMs = 60_000;

const lengthMs = (hour: string | undefined, minute: string | undefined, seconds: string | undefined): number => {
  if (hour === undefined) return 24 * 60 * minuteMs;
  if (minute === undefined) return 60 * minuteMs;
  return seconds === undefined ? minuteMs : 1;
};
