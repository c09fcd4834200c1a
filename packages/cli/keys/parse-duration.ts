const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/** Parses a duration such as `90d` into milliseconds; the units are m, h, d, w and y. Undefined if it is none. Pure. */
export const parseDuration = (text: string): number | undefined => {
  const [, count, unit = ''] = /^([1-9]\d{0,4})([mhdwy])$/.exec(text) ?? [];
  const ms = unitMs[unit];
  return count === undefined || ms === undefined ? undefined : Number(count) * ms;
};
