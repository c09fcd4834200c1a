import { type Slice, sliceMs, type Waits } from './load-spec.ts';
import { percentile } from './statistics.ts';

/**
 * How an overload went, with the longest times. `backToNormalMs` counts from its end, and is infinite when it never
 * went back to normal.
 */
export type Overload = Waits & {
  longestMs: number;
  goodPerSecond: number;
  refusedShare: number;
  /** Up to here an answer is normal. */
  normalMs: number;
  backToNormalMs: number;
};

/** The lengths of the small load before the overload, and of the overload, in milliseconds. */
export type OverloadTimes = { beforeMs: number; overloadMs: number };

const quietMs = 25; // whatever the small load before the overload showed, this is normal
const normalShare = 0.9;
const quietSlices = 5; // so many in a row are normal

/**
 * Judges an overload, and the small load behind it. Normal is what most slices of the same small load showed before.
 * Pure.
 */
export const judgeOverload = (slices: readonly Slice[], { beforeMs, overloadMs }: OverloadTimes): Overload => {
  const [from, to] = [beforeMs, beforeMs + overloadMs].map((ms) => Math.round(ms / sliceMs));
  const [before, during, after] = [slices.slice(0, from), slices.slice(from, to), slices.slice(to)];
  const sum = (name: 'due' | 'refused') => during.reduce((total, slice) => total + slice[name], 0);
  const most = (name: keyof Waits | 'mostMs') => Math.max(...during.map((slice) => slice[name]));
  const usual = before.map(({ mostMs }) => mostMs).sort((a, b) => a - b);
  const normalMs = Math.max(quietMs, percentile(usual, normalShare));
  const isNormal = ({ due, good, mostMs }: Slice) => good === due && mostMs <= normalMs;
  const at = after.findIndex((_, index) => {
    const next = after.slice(index, index + quietSlices);
    return next.length === quietSlices && next.every(isNormal);
  });
  return {
    ...{ longestMs: most('mostMs'), unsentMs: most('unsentMs') },
    ...{ connectMs: most('connectMs'), answerMs: most('answerMs') },
    goodPerSecond: goodRate(during),
    refusedShare: sum('refused') / sum('due'),
    normalMs,
    backToNormalMs: at < 0 ? Number.POSITIVE_INFINITY : at * sliceMs,
  };
};

/** Returns the good answers by second that arrived in these slices, in time. Pure. */
export const goodRate = (slices: readonly Slice[]): number =>
  slices.reduce((sum, { inTime }) => sum + inTime, 0) / ((slices.length * sliceMs) / 1_000);
