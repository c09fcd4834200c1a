/** A rate that was tried, in requests by second, and whether it met the limits. */
export type Tried = { perSecond: number; isMet: boolean };

const first = 500;
const most = 64_000;
const finest = 0.1; // the search ends when the next rate is less than 10 % higher than one that was met

/**
 * Returns the rate to try next, or undefined when the search has ended: it doubles the rate until one is not met, then
 * halves the distance. Rates are multiples of 100. Pure.
 */
export const nextRate = (tried: readonly Tried[]): number | undefined => {
  const met = highestMet(tried);
  const missed = Math.min(...tried.filter(({ isMet }) => !isMet).map(({ perSecond }) => perSecond));
  if (missed === Number.POSITIVE_INFINITY) {
    const next = met === undefined ? first : met * 2;
    return next > most ? undefined : next;
  }
  const least = met ?? 0;
  const middle = Math.round((least + missed) / 200) * 100;
  if (middle <= least || middle >= missed || missed - least <= Math.max(100, least * finest)) return undefined;
  return middle;
};

/** Returns the highest rate that was met below all that were not. Undefined when none was. Pure. */
export const highestMet = (tried: readonly Tried[]): number | undefined => {
  const missed = Math.min(...tried.filter(({ isMet }) => !isMet).map(({ perSecond }) => perSecond));
  const met = tried.filter(({ perSecond, isMet }) => isMet && perSecond < missed).map(({ perSecond }) => perSecond);
  return met.length === 0 ? undefined : Math.max(...met);
};
