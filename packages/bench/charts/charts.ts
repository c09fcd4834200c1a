import type { BenchResult } from '../result.ts';
import type { Group } from '../summarize.ts';
import { targetNames } from '../targets.ts';

/** A picture of some figures: the file that it goes to, and what is drawn. */
export type Chart = { file: string; title: string } & (
  | {
      kind: 'lines';
      x: Axis;
      y: Axis;
      lines: { name: string; points: [x: number, y: number][] }[];
      limit: number;
      limitName: string;
    }
  | { kind: 'bars'; y: Axis; names: string[]; parts: { name: string; values: number[] }[] }
);

type Axis = { name: string; isLogarithmic: boolean };

/** Returns the charts for which a result has the figures. Pure. */
export const chartsOf = ({ groups }: BenchResult): Chart[] =>
  [latencyByRate(groups), cpuByRequest(groups), costBySize(groups)].filter((chart) => chart !== undefined);

const medianOf = ({ figures }: Group, name: string): number => figures[name]?.median ?? Number.NaN;

const latencyByRate = (groups: readonly Group[]): Chart | undefined => {
  const probes = groups.filter(
    (group) => group.row === 'mixed' && group.target === targetNames.muster && group.figures.wantedPerSecond,
  );
  if (probes.length < 2) return undefined;
  const lines = [
    { name: 'p50', figure: 'p50Ms' },
    { name: 'p99', figure: 'p99Ms' },
  ].map(({ name, figure }) => ({
    name,
    points: probes.map((probe): [number, number] => [medianOf(probe, 'wantedPerSecond'), medianOf(probe, figure)]),
  }));
  return {
    ...{ file: 'latency-by-rate.svg', title: 'Mixed load: time of a request by rate' },
    ...{ kind: 'lines', lines, limit: 25, limitName: '25 ms' },
    x: { name: 'requests/s', isLogarithmic: false },
    y: { name: 'ms', isLogarithmic: true },
  };
};

const cpuByRequest = (groups: readonly Group[]): Chart | undefined => {
  const shown = groups.filter(({ row }) => row === 'get' || row === 'post');
  if (shown.length === 0) return undefined;
  const values = (figure: string) => shown.map((group) => Math.max(0, medianOf(group, figure) || 0));
  return {
    ...{ file: 'cpu-by-request.svg', title: 'Processor time of a request', kind: 'bars' },
    y: { name: 'µs', isLogarithmic: false },
    names: shown.map(({ what, target }) => `${what}, ${target}`),
    parts: [
      { name: 'HTTP process', values: values('frontCpuMicros') },
      { name: 'aggregators', values: values('aggregatorCpuMicros') },
      { name: 'database', values: values('databaseCpuMicros') },
    ],
  };
};

const costBySize = (groups: readonly Group[]): Chart | undefined => {
  const own = groups.filter(({ row, target }) => row === 'flat' && target === targetNames.muster);
  const kinds = [...new Set(own.map(kindOf))];
  const lines = kinds.map((kind) => {
    const some = own.filter((group) => kindOf(group) === kind);
    const [least] = some.map((group) => medianOf(group, 'cpuMicros'));
    const points = some.map((group): [number, number] => [
      medianOf(group, 'users'),
      medianOf(group, 'cpuMicros') / (least ?? Number.NaN),
    ]);
    return { name: kind, points };
  });
  if (!lines.some(({ points }) => points.length > 1)) return undefined;
  return {
    ...{ file: 'cost-by-size.svg', title: 'Processor time of a request by number of users (the fewest users: 1)' },
    ...{ kind: 'lines', lines, limit: 1.1, limitName: '1.1' },
    x: { name: 'users', isLogarithmic: true },
    y: { name: 'times', isLogarithmic: false },
  };
};

const kindOf = ({ what }: Group): string => what.split(', ')[0] ?? what;
