import { type Log, listMembers } from '@muster/store';

/** The metrics of all aggregators: the greatest lag in seconds, and the sums of the others. */
export type TailFigures = {
  lagSeconds: number;
  changed: number;
  snapshots: number;
  failedSnapshots: number;
  saved: number;
  applied: number;
};

/** Reads the metrics of all aggregators that answer. */
export const readTail = async (log: Log): Promise<TailFigures> => {
  const found = await readAll(log);
  const sumOf = (name: string, label = '') => found.reduce((sum, metrics) => sum + figureOf(metrics, name, label), 0);
  return {
    lagSeconds: Math.max(0, ...found.map((metrics) => figureOf(metrics, 'muster_lag_seconds'))),
    changed: sumOf('muster_changed_records'),
    snapshots: sumOf('muster_snapshots_total', 'outcome="saved"'),
    failedSnapshots: sumOf('muster_snapshots_total', 'outcome="failed"'),
    saved: sumOf('muster_records_saved_total'),
    applied: sumOf('muster_events_applied_total'),
  };
};

/** Reads these metrics, each as the sum over all aggregators that answer. */
export const readMetrics = async (log: Log, names: readonly string[]): Promise<number[]> => {
  const found = await readAll(log);
  return names.map((name) => found.reduce((sum, metrics) => sum + figureOf(metrics, name), 0));
};

/** Reads these metrics of one process. 0 where it has none of that name, or does not answer. */
export const readMetricsOf = async (healthPort: number, names: readonly string[]): Promise<number[]> => {
  const found = parseMetrics(await fetchMetrics(healthPort));
  return names.map((name) => figureOf(found, name));
};

const readAll = async (log: Log): Promise<Metric[][]> => {
  const members = await listMembers(log, 5_000);
  return await Promise.all(members.map(async ({ healthPort }) => parseMetrics(await fetchMetrics(healthPort))));
};

export type Metric = { name: string; labels: string; value: number };

/** Parses the samples of a text in Prometheus's format. Pure. */
export const parseMetrics = (text: string): Metric[] =>
  text.split('\n').flatMap((line) => {
    const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    return parts ? [{ name: parts[1] ?? '', labels: parts[2] ?? '', value: Number(parts[3]) }] : [];
  });

const figureOf = (metrics: readonly Metric[], name: string, label = ''): number =>
  metrics
    .filter((metric) => metric.name === name && metric.labels.includes(label))
    .reduce((sum, { value }) => sum + value, 0);

const fetchMetrics = async (healthPort: number): Promise<string> => {
  try {
    const answer = await fetch(`http://127.0.0.1:${healthPort}/metrics`, { signal: AbortSignal.timeout(2_000) });
    return await answer.text();
  } catch {
    return ''; // the aggregator is being restarted
  }
};
