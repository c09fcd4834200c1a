import type { MixedResult } from './load-spec.ts';
import { type Away, ways } from './measure-away.ts';
import type { Failover } from './measure-failover.ts';
import type { Measurement } from './measure-round.ts';
import { type Spread, spreadOf } from './percentiles.ts';
import { targetNames } from './targets.ts';
import type { TailWatch } from './watch-tail.ts';

/** All results of a benchmark run. */
export type BenchResult = {
  about: string[]; // lines about the machine and the run
  measurements: readonly Measurement[];
  mixed: MixedResult | undefined;
  mixedTail: TailWatch | undefined;
  mixedPerSecond: number;
  failovers: readonly Failover[];
  away: readonly Away[];
  warnings: ReadonlyMap<string, number>;
};

export type Aim = { what: string; aim: string; measured: string; isReached: boolean };

/** Returns the result as Markdown, for docs/8-performance.md. Pure. */
export const describeBench = (result: BenchResult): string =>
  [
    ...result.about.map((line) => `- ${line}`),
    '',
    ...describeAims(result),
    '',
    ...describeLoads(result.measurements),
    '',
    ...describeTail(result),
    '',
    ...describeMixed(result),
    '',
    ...describeFailovers(result.failovers),
    '',
    ...describeAway(result.away),
    ...describeWarnings(result.warnings),
  ].join('\n');

/** Returns the agreed aims, each with the measured value and whether it is reached. Pure. */
export const judgeAims = ({ measurements, mixed }: BenchResult): Aim[] => [
  ratioAim(measurements, 'GET at 32', targetNames.plain, 3),
  ratioAim(measurements, 'GET at 32', targetNames.bare, 0.6),
  ratioAim(measurements, 'POST at 256', targetNames.plain, 4),
  ratioAim(measurements, 'POST at 32', targetNames.plain, 1.5),
  ...Object.entries(mixed ?? {}).map(([kind, { p99Ms }]) => ({
    what: `p99 of ${kind}, mixed load`,
    aim: '< 250 ms',
    measured: `${tidy(p99Ms)} ms`,
    isReached: p99Ms < 250,
  })),
];

const ratioAim = (measurements: readonly Measurement[], load: string, other: string, least: number): Aim => {
  const rateOf = (target: string) => spreadFor(measurements, target, load, 'perSecond').median;
  const ratio = rateOf(targetNames.muster) / rateOf(other);
  return {
    what: `${load}: requests/s against ${other}`,
    aim: `≥ ${least}×`,
    measured: `${ratio.toFixed(2)}×`,
    isReached: ratio >= least,
  };
};

const describeAims = (result: BenchResult): string[] =>
  table(
    ['aim', 'required', 'measured', ''],
    judgeAims(result).map(({ what, aim, measured, isReached }) => [
      what,
      aim,
      measured,
      isReached ? 'reached' : '**falls short**',
    ]),
  );

const describeLoads = (measurements: readonly Measurement[]): string[] => {
  const loads = [...new Set(measurements.map(({ load }) => load))];
  const rows = loads.flatMap((load) =>
    Object.values(targetNames).map((target) => {
      const of = (name: Figure) => spreadFor(measurements, target, load, name);
      const failed = measurements
        .filter((one) => one.load === load && one.target === target)
        .reduce((sum, one) => sum + one.failed, 0);
      return [
        load,
        target,
        showSpread(of('perSecond')),
        ...(['p50Ms', 'p99Ms', 'cpuMicros', 'frontCpuMicros', 'databaseCpuMicros'] as const).map((name) =>
          showSpread(of(name)),
        ),
        String(failed),
      ];
    }),
  );
  return table(
    [
      'load',
      'target',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'CPU µs/request',
      'HTTP process CPU µs/request',
      'database CPU µs/request',
      'failed',
    ],
    rows,
  );
};

type Figure = 'perSecond' | 'p50Ms' | 'p99Ms' | 'cpuMicros' | 'frontCpuMicros' | 'databaseCpuMicros';

const spreadFor = (measurements: readonly Measurement[], target: string, load: string, figure: Figure): Spread =>
  spreadOf(measurements.filter((one) => one.target === target && one.load === load).map((one) => one[figure]));

const describeTail = ({ measurements, mixedTail, mixedPerSecond }: BenchResult): string[] => {
  const loads = [...new Set(measurements.map(({ load }) => load))];
  const rowOf = (load: string, tails: readonly TailWatch[]) => {
    const of = (name: keyof TailWatch) => showSpread(spreadOf(tails.map((tail) => tail[name])));
    return [
      load,
      ...(
        ['lagSecondsMost', 'changedMost', 'applied', 'snapshots', 'failedSnapshots', 'saved', 'settleSeconds'] as const
      ).map(of),
    ];
  };
  const rows = loads.map((load) =>
    rowOf(
      load,
      measurements.flatMap((one) => (one.load === load ? (one.tail ?? []) : [])),
    ),
  );
  const mixedRows = mixedTail ? [rowOf(`mixed, ${mixedPerSecond}/s`, [mixedTail])] : [];
  const heads = [
    'load on (a)',
    'maximum lag, s',
    'maximum unsaved records',
    'events applied',
    'snapshots',
    'failed',
    'records saved',
    'all saved after, s',
  ];
  return table(heads, [...rows, ...mixedRows]);
};

const describeMixed = ({ mixed, mixedPerSecond }: BenchResult): string[] => {
  if (!mixed) return [];
  const rows = Object.entries(mixed).map(([kind, { requests, failed, p50Ms, p99Ms, mostMs }]) => [
    kind,
    String(requests),
    String(failed),
    tidy(p50Ms),
    tidy(p99Ms),
    tidy(mostMs),
  ]);
  return table(
    [`(a) at ${mixedPerSecond} requests/s mixed`, 'requests', 'failed', 'p50 ms', 'p99 ms', 'maximum ms'],
    rows,
  );
};

const describeFailovers = (failovers: readonly Failover[]): string[] => {
  const rows = failovers.map(({ aggregator, anyMs, itselfMs, slowestMs, failed }) => [
    aggregator,
    tidy(anyMs),
    tidy(itselfMs),
    tidy(slowestMs),
    String(failed),
  ]);
  const of = (name: 'anyMs' | 'itselfMs' | 'slowestMs') => showSpread(spreadOf(failovers.map((one) => one[name])));
  const all = failovers.length > 1 ? [['all', of('anyMs'), of('itselfMs'), of('slowestMs'), '']] : [];
  return table(
    [
      'kill -9 of',
      'first correct answer after, ms',
      'its own answer from memory after, ms',
      'slowest answer meanwhile, ms',
      'failed answers',
    ],
    [...rows, ...all],
  );
};

const describeAway = (away: readonly Away[]): string[] => {
  const rows = ways.map((way) => {
    const own = away.filter((one) => one.way === way);
    const of = (name: 'perSecond' | 'p50Ms' | 'p99Ms' | 'standbyMs' | 'copiesMs') =>
      showSpread(spreadOf(own.map((one) => one[name])));
    return [
      way,
      of('perSecond'),
      of('p50Ms'),
      of('p99Ms'),
      String(own.reduce((sum, { failed }) => sum + failed, 0)),
      of('standbyMs'),
      of('copiesMs'),
    ];
  });
  const heads = ['GET at 32, one aggregator away after 1 s', 'requests/s', 'p50 ms', 'p99 ms', 'failed'];
  return table(
    [...heads, 'another aggregator answers from memory after, ms', 'the others have all copies after, ms'],
    rows,
  );
};

const describeWarnings = (warnings: ReadonlyMap<string, number>): string[] =>
  warnings.size === 0
    ? []
    : ['', 'Lines in the logs of the processes:', '', ...[...warnings].map(([text, times]) => `- ${times}× ${text}`)];

const showSpread = ({ median, least, most }: Spread): string => {
  if (Number.isNaN(median)) return '–';
  return least === most ? tidy(median) : `${tidy(median)} (${tidy(least)} – ${tidy(most)})`;
};

const tidy = (value: number): string => {
  if (Number.isNaN(value)) return '–';
  return value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2);
};

const table = (heads: readonly string[], rows: readonly string[][]): string[] => [
  `| ${heads.join(' | ')} |`,
  `|${heads.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
];
