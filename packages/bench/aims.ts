import type { Control, Group } from './summarize.ts';
import { targetNames } from './targets.ts';

/** What a row must reach. `read` returns the figure to judge. */
type Aim = {
  row: string;
  what: string;
  unit: string;
  limit: 'at most' | 'at least';
  aim: number;
  stretch?: number;
  /** The cases of the row that the figure comes from: the control of these decides whether it is noisy. */
  cases: readonly string[];
  read: (figure: ReadFigure) => number;
};

/** Returns the median of a figure. The target is Muster by default. NaN when it was not measured. */
type ReadFigure = (what: string, name: string, target?: string) => number;

/** An aim with what was measured. */
export type Verdict = {
  row: string;
  what: string;
  aim: string;
  stretch: string;
  measured: string;
  value: number;
  outcome: 'reached' | 'stretch reached' | 'falls short' | 'noisy';
};

const { bare, plain } = targetNames;

const table: readonly Aim[] = [
  {
    ...{ row: 'get', what: 'CPU a request, against bare Koa', unit: '×', limit: 'at most', aim: 1.5, stretch: 1 },
    cases: ['GET at 32'],
    read: (of) => of('GET at 32', 'cpuMicros') / of('GET at 32', 'cpuMicros', bare),
  },
  {
    ...{ row: 'get', what: 'requests/s, against bare Koa', unit: '×', limit: 'at least', aim: 0.75, stretch: 1 },
    cases: ['GET at 32'],
    read: (of) => of('GET at 32', 'perSecond') / of('GET at 32', 'perSecond', bare),
  },
  {
    ...{
      row: 'post',
      what: 'CPU of the gateway a request, at 256',
      unit: ' µs',
      limit: 'at most',
      aim: 60,
      stretch: 35,
    },
    cases: ['POST at 256'],
    read: (of) => of('POST at 256', 'frontCpuMicros'),
  },
  ...[
    { count: 256, aim: 8, stretch: 10 },
    { count: 32, aim: 3, stretch: 4 },
  ].map(
    ({ count, aim, stretch }): Aim => ({
      ...{ row: 'post', what: `requests/s against ${plain}, at ${count}`, unit: '×', limit: 'at least', aim, stretch },
      cases: [`POST at ${count}`],
      read: (of) => of(`POST at ${count}`, 'perSecond') / of(`POST at ${count}`, 'perSecond', plain),
    }),
  ),
  {
    ...{ row: 'post', what: `p50 above ${plain}, at 1`, unit: ' ms', limit: 'at most', aim: 0.25, stretch: 0.1 },
    cases: ['POST at 1'],
    read: (of) => of('POST at 1', 'p50Ms') - of('POST at 1', 'p50Ms', plain),
  },
  {
    ...{ row: 'exists', what: 'p99 at 2,000/s', unit: ' ms', limit: 'at most', aim: 10 },
    cases: ['2000/s'],
    read: (of) => of('2000/s', 'p99Ms'),
  },
  {
    ...{ row: 'hot', what: 'p99 at 2,000/s', unit: ' ms', limit: 'at most', aim: 50 },
    cases: ['2000/s'],
    read: (of) => of('2000/s', 'p99Ms'),
  },
  {
    ...{ row: 'hot', what: 'refused or failed at 2,000/s', unit: '', limit: 'at most', aim: 0 },
    cases: ['2000/s'],
    read: (of) => of('2000/s', 'refused') + of('2000/s', 'failed'),
  },
  {
    ...{ row: 'unseen', what: 'p99 at 1,000/s', unit: ' ms', limit: 'at most', aim: 15 },
    cases: ['1000/s'],
    read: (of) => of('1000/s', 'p99Ms'),
  },
  {
    ...{ row: 'unchanged', what: 'share of a core at 1,000/s', unit: ' %', limit: 'at most', aim: 25 },
    cases: ['1000/s'],
    read: (of) => 100 * of('1000/s', 'coreShare'),
  },
  {
    ...{ row: 'mixed', what: 'highest rate with p99 < 25 ms and no error', unit: '/s', limit: 'at least' },
    ...{ aim: 4_000, stretch: 8_000, cases: [] },
    read: (of) => of('highest rate', 'highestPerSecond'),
  },
];

/** Returns the aims of the rows that were measured, each with what was measured. Pure. */
export const judgeAims = (groups: readonly Group[], controls: readonly Control[]): Verdict[] =>
  table.filter(({ row }) => groups.some((group) => group.row === row)).map((aim) => judge(aim, groups, controls));

const judge = (aim: Aim, groups: readonly Group[], controls: readonly Control[]): Verdict => {
  const { row, what, unit, limit, cases } = aim;
  const read: ReadFigure = (of, name, target = targetNames.muster) =>
    groups.find((group) => group.row === row && group.what === of && group.target === target)?.figures[name]?.median ??
    Number.NaN;
  const value = aim.read(read);
  const reaches = (wanted: number) => (limit === 'at most' ? value <= wanted : value >= wanted);
  const sign = limit === 'at most' ? '≤' : '≥';
  const isNoisy = controls.some((control) => control.row === row && cases.includes(control.what) && control.isNoisy);
  const outcome = (): Verdict['outcome'] => {
    if (isNoisy) return 'noisy';
    if (aim.stretch !== undefined && reaches(aim.stretch)) return 'stretch reached';
    return reaches(aim.aim) ? 'reached' : 'falls short';
  };
  return {
    ...{ row, what, value, outcome: outcome() },
    aim: `${sign} ${show(aim.aim)}${unit}`,
    stretch: aim.stretch === undefined ? '' : `${sign} ${show(aim.stretch)}${unit}`,
    measured: Number.isNaN(value) ? '–' : `${show(value)}${unit}`,
  };
};

const show = (value: number): string => {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
};
