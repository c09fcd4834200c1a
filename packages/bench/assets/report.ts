/** What vegeta reports of one round. Times are in milliseconds. */
export type Report = {
  requests: number;
  rate: number; // requests a second that were sent
  throughput: number; // successful ones
  success: number; // a share
  latencies: Record<Latency, number>;
  statuses: Record<string, number>;
};

export const latencies = ['mean', '50th', '95th', '99th', 'max'] as const;
export type Latency = (typeof latencies)[number];

/** The figures that the original service was reported with, on a machine that is not named; in milliseconds. */
export const original: Partial<Record<Latency, number>> = { mean: 2.6, '99th': 5.0, max: 11.3 };

const nanoseconds = 1e6; // in a millisecond

/** Parses vegeta's report in JSON. Throws SyntaxError if it is none. */
export const parseReport = (text: string): Report => {
  const said = JSON.parse(text);
  const times = latencies.map((name) => [name, Number(said.latencies?.[name]) / nanoseconds] as const);
  if (!Number.isInteger(said.requests) || times.some(([, ms]) => !Number.isFinite(ms)))
    throw new SyntaxError(`vegeta's report has no requests or latencies: ${text.slice(0, 200)}`);
  const { requests, rate, throughput, success, status_codes: statuses } = said;
  return { requests, rate, throughput, success, statuses, latencies: Object.fromEntries(times) as Report['latencies'] };
};

/** Returns the median of numbers, of which there is at least one. */
export const medianOf = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Writes the table of both services: medians of the rounds with ranges, the ratio, and the original's figures. */
export const writeTable = (muster: readonly Report[], sqlite: readonly Report[]): string => {
  const rows = latencies.map((name) => {
    const [own, other] = [muster, sqlite].map((reports) => reports.map((one) => one.latencies[name]));
    const ratio = medianOf(own ?? []) / medianOf(other ?? []);
    const cells = [withRange(own ?? []), withRange(other ?? []), ratio.toFixed(2), judge(name, own ?? [])];
    return `| ${name}, ms | ${cells.join(' | ')} |`;
  });
  const row = (what: string, of: (report: Report) => number) =>
    `| ${what} | ${withRange(muster.map(of))} | ${withRange(sqlite.map(of))} | | |`;
  return [
    '| | Muster | SQLite | ratio | the original |',
    '|---|---:|---:|---:|---:|',
    row('requests', ({ requests }) => requests),
    row('rate, 1/s', ({ rate }) => rate),
    row('throughput (2xx), 1/s', ({ throughput }) => throughput),
    ...rows,
    `| status codes | ${statusesOf(muster)} | ${statusesOf(sqlite)} | | |`,
  ].join('\n');
};

const withRange = (values: readonly number[]): string => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const text = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(2));
  return least === most ? text(least) : `${text(medianOf(values))} (${text(least)}–${text(most)})`;
};

const judge = (name: Latency, values: readonly number[]): string => {
  const wanted = original[name];
  if (wanted === undefined) return '';
  return `≤ ${wanted}: ${medianOf(values) <= wanted ? 'met' : 'not met'}`;
};

/** The counts of all rounds, by status. */
export const statusesOf = (reports: readonly Report[]): string => {
  const sums = new Map<string, number>();
  for (const { statuses } of reports)
    for (const [status, count] of Object.entries(statuses)) sums.set(status, (sums.get(status) ?? 0) + count);
  return [...sums]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ');
};
