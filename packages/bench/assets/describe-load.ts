import { type Spread, spreadOf } from '../statistics.ts';
import { addCounts, type Counts } from './judge-statuses.ts';
import type { Latencies, Report } from './parse-report.ts';

/** What was measured: the reports of all rounds of both servers. `expected` has the right statuses of all rounds. */
export type Measured = { muster: readonly Report[]; sqlite: readonly Report[]; expected: Counts };

/** The figures of the original, in milliseconds. */
export const original = { mean: 2.6, p99: 5, max: 11.3 } satisfies Partial<Latencies>;

/** Returns the table of a load report as Markdown lines: medians over the rounds, with the least and the most. Pure. */
export const describeLoad = ({ muster, sqlite, expected }: Measured): string[] => [
  '| | Muster | SQLite | Muster / SQLite | original | Muster meets it |',
  '|---|---|---|---|---|---|',
  ...figures.map((figure) => lineOf(figure, muster, sqlite)),
  '',
  '| status | Muster | SQLite | one after another |',
  '|---|---|---|---|',
  ...describeStatuses(muster, sqlite, expected),
];

type Figure = { head: string; read: (report: Report) => number; digits: number; limit?: number };

const latency = (name: keyof Latencies, limit?: number): Figure => ({
  ...{ head: `latency ${name}, ms`, digits: 2, limit },
  read: ({ latencies }) => latencies[name],
});

const figures: readonly Figure[] = [
  { head: 'requests', read: ({ requests }) => requests, digits: 0 },
  { head: 'rate, requests/s', read: ({ rate }) => rate, digits: 1 },
  { head: 'throughput, successes/s', read: ({ throughput }) => throughput, digits: 1 },
  { head: 'duration, s', read: ({ seconds }) => seconds, digits: 2 },
  latency('mean', original.mean),
  latency('p50'),
  latency('p95'),
  latency('p99', original.p99),
  latency('max', original.max),
  { head: 'success (200 to 399), %', read: ({ success }) => success * 100, digits: 1 },
];

const lineOf = ({ head, read, digits, limit }: Figure, muster: readonly Report[], sqlite: readonly Report[]) => {
  const [ours, theirs] = [spreadOf(muster.map(read)), spreadOf(sqlite.map(read))];
  const isLatency = head.startsWith('latency');
  return row([
    ...[head, show(ours, digits), show(theirs, digits)],
    isLatency ? (ours.median / theirs.median).toFixed(2) : '',
    ...(limit === undefined ? ['', ''] : [`≤ ${limit}`, ours.median <= limit ? 'yes' : '**no**']),
  ]);
};

const show = ({ median, least, most }: Spread, digits: number): string => {
  const [middle, from, to] = [median, least, most].map((value) => value.toFixed(digits));
  return from === to ? `${middle}` : `${middle} (${from} – ${to})`;
};

const describeStatuses = (muster: readonly Report[], sqlite: readonly Report[], expected: Counts): string[] => {
  const ours = addCounts(muster.map(({ statuses }) => statuses));
  const theirs = addCounts(sqlite.map(({ statuses }) => statuses));
  const statuses = Object.keys({ ...ours, ...theirs, ...expected }).sort();
  return statuses.map((status) => row([status, ...[ours, theirs, expected].map((counts) => `${counts[status] ?? 0}`)]));
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
