export type BackOff = { failures: number; retryMs: number; maxPauseMs: number };

/** The longest pause before the next attempt, in milliseconds: `retryMs`, doubled for each failure. Pure. */
export const longestPauseMs = ({ failures, retryMs, maxPauseMs }: BackOff): number =>
  Math.min(maxPauseMs, Math.max(1, retryMs) * 2 ** Math.min(failures, 30));

/** The pause before the next attempt, in milliseconds: any up to the longest. `chance` is from 0 to 1. Pure. */
export const pauseMsOf = (backOff: BackOff, chance: number): number => longestPauseMs(backOff) * chance;

/** How long a header `Retry-After` says to wait, in milliseconds, one day at most. 0 without a valid one. Pure. */
export const retryAfterMs = (header: string | null, now: number): number => {
  const text = header?.trim() ?? '';
  const ms = /^[0-9]+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return ms > 0 ? Math.min(ms, dayMs) : 0;
};

const dayMs = 86_400_000;
