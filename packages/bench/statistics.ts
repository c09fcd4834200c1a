/** Returns the value below which `share` (0 to 1) of the values lie, by nearest rank. NaN without values. Pure. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};

/** The median, minimum and maximum of some measurements. */
export type Spread = { median: number; least: number; most: number };

/** Returns the spread of the finite measurements. Pure. */
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
  return { median, least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN };
};
