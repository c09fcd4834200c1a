/** What vegeta reports of one attack. Latencies are in milliseconds, the rates in requests per second. */
export type Report = {
  requests: number;
  rate: number;
  throughput: number;
  seconds: number;
  latencies: Latencies;
  /** The share of answers from 200 to 399. */
  success: number;
  /** How often each status came. `0` stands for no answer. */
  statuses: Record<string, number>;
  errors: string[];
};

export type Latencies = { mean: number; p50: number; p95: number; p99: number; max: number };

/** Parses what `vegeta report -type=json` prints. Throws when something that the table needs is missing. Pure. */
export const parseReport = (text: string): Report => {
  const report = objectOf(JSON.parse(text), 'report');
  const latencies = objectOf(report.latencies, 'latencies');
  return {
    requests: numberOf(report, 'requests'),
    rate: numberOf(report, 'rate'),
    throughput: numberOf(report, 'throughput'),
    seconds: numberOf(report, 'duration') / 1e9,
    latencies: {
      mean: numberOf(latencies, 'mean') / 1e6,
      p50: numberOf(latencies, '50th') / 1e6,
      p95: numberOf(latencies, '95th') / 1e6,
      p99: numberOf(latencies, '99th') / 1e6,
      max: numberOf(latencies, 'max') / 1e6,
    },
    success: numberOf(report, 'success'),
    statuses: countsOf(report.status_codes),
    errors: Array.isArray(report.errors) ? report.errors.map(String) : [],
  };
};

const objectOf = (value: unknown, what: string): Record<string, unknown> => {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new Error(`Cannot read the report of vegeta: expected an object as ${what}, found ${JSON.stringify(value)}`);
};

const numberOf = (from: Record<string, unknown>, name: string): number => {
  const value = from[name];
  if (typeof value === 'number') return value;
  throw new Error(`Cannot read the report of vegeta: expected a number as ${name}, found ${JSON.stringify(value)}`);
};

const countsOf = (value: unknown): Record<string, number> => {
  const counts = objectOf(value, 'status_codes');
  return Object.fromEntries(Object.keys(counts).map((status) => [status, numberOf(counts, status)]));
};
