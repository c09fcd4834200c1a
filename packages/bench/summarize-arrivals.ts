import type { Figures } from './row.ts';
import { percentile } from './statistics.ts';

/** Requests that were answered: when each was due, and when its answer came. Milliseconds of the machine's clock. */
export type Answers = readonly (readonly [dueAt: number, answeredAt: number])[];

/** Messages that arrived: when the request of each was due, and when the message came. */
export type Arrivals = readonly (readonly [dueAt: number, arrivedAt: number])[];

/**
 * Returns the times to the arrival of messages, from when their requests were due, and from their answers. A message
 * may come before the answer: then the time is below 0. Messages of other requests are left out. Pure.
 */
export const summarizeArrivals = (answers: Answers, arrivals: Arrivals): Figures => {
  const answeredAts = new Map(answers);
  const own = arrivals.filter(([dueAt]) => answeredAts.has(dueAt));
  const all = own.map(([dueAt, at]) => at - dueAt);
  const behind = own.map(([dueAt, at]) => at - (answeredAts.get(dueAt) ?? Number.NaN));
  return {
    arrivalP50Ms: percentile(all, 0.5),
    arrivalP99Ms: percentile(all, 0.99),
    behindP50Ms: percentile(behind, 0.5),
    behindP99Ms: percentile(behind, 0.99),
  };
};
