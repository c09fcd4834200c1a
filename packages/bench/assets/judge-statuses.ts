import type { Report } from './parse-report.ts';

/** How often each status came, or should come. */
export type Counts = Record<string, number>;

/** The share of requests that may get another status than expected: two for one asset may overtake each other. */
export const raceShareMax = 0.02;
const racesMin = 2; // in a short run, one request is more than its share

/** Adds up the counts of several rounds. Pure. */
export const addCounts = (all: readonly Counts[]): Counts => {
  const sum: Counts = {};
  for (const [status, count] of all.flatMap(Object.entries)) sum[status] = (sum[status] ?? 0) + count;
  return sum;
};

/** Returns how many requests got another status than in `expected`, at the least. Pure. */
export const countOthers = (counts: Counts, expected: Counts): number => {
  const statuses = new Set([...Object.keys(counts), ...Object.keys(expected)]);
  const differences = [...statuses].map((status) => Math.abs((counts[status] ?? 0) - (expected[status] ?? 0)));
  return differences.reduce((sum, difference) => sum + difference, 0) / 2;
};

/**
 * Returns what is wrong with the answers of a server: too many other statuses than expected, or requests that failed.
 * Pure.
 */
export const findProblems = (name: string, reports: readonly Report[], expected: Counts): string[] => {
  const counts = addCounts(reports.map(({ statuses }) => statuses));
  const total = reports.reduce((sum, { requests }) => sum + requests, 0);
  const wanted = Object.values(expected).reduce((sum, count) => sum + count, 0);
  const others = countOthers(counts, expected);
  const failed = Object.keys(counts).filter((status) => !(status in expected));
  return [
    ...(total === wanted ? [] : [`${name} got ${total} requests, expected ${wanted}`]),
    ...(others > Math.max(racesMin, total * raceShareMax)
      ? [`${name} gave another status than expected to ${others} of ${total}`]
      : []),
    ...failed.map((status) => `${name} answered ${counts[status]} requests with ${status}, which the mix has not`),
  ];
};
