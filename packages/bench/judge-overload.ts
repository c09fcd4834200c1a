import { type Slice, sliceMs } from './load-spec.ts';

/** How an overload went. `backToNormalMs` counts from its end, and is infinite when it never went back to normal. */
export type Overload = { longestMs: number; goodPerSecond: number; refusedShare: number; backToNormalMs: number };

const normalMs = 25;
const quietSlices = 5; // so many in a row are normal

/** Judges an overload of `overloadMs` milliseconds from its start, and the small load behind it. Pure. */
export const judgeOverload = (slices: readonly Slice[], overloadMs: number): Overload => {
  const edge = Math.round(overloadMs / sliceMs);
  const [during, after] = [slices.slice(0, edge), slices.slice(edge)];
  const sum = (name: 'due' | 'good' | 'refused') => during.reduce((total, slice) => total + slice[name], 0);
  const from = after.findIndex((_, index) => {
    const next = after.slice(index, index + quietSlices);
    return next.length === quietSlices && next.every(isNormal);
  });
  return {
    longestMs: Math.max(...during.map(({ mostMs }) => mostMs)),
    goodPerSecond: sum('good') / (overloadMs / 1_000),
    refusedShare: sum('refused') / sum('due'),
    backToNormalMs: from < 0 ? Number.POSITIVE_INFINITY : from * sliceMs,
  };
};

const isNormal = ({ due, good, mostMs }: Slice) => good === due && mostMs < normalMs;
