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
  /** The cases of the row whose A/A control decides whether the figure is noisy. None for figures without CPU. */
  cases?: readonly string[];
  read: (median: ReadMedian, medians: ReadMedians) => number;
};

/** Returns the median of a figure of a case. The target is Muster by default. NaN when it was not measured. */
type ReadMedian = (what: string, name: string, target?: string) => number;

/** Returns the medians of a figure of all cases of Muster whose names start with `prefix`, in the order of the row. */
type ReadMedians = (prefix: string, name: string) => number[];

/** An aim with what was measured. */
export type Verdict = {
  row: string;
  what: string;
  aim: string;
  stretch: string;
  measured: string;
  value: number;
  outcome: 'reached' | 'stretch reached' | 'falls short' | 'noisy' | 'not measured';
};

const { bare, plain } = targetNames;

const ratioToFirst = (values: readonly number[]): number => (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN);

/** An aim of a figure of one case. */
const figureAim = (
  row: string,
  what: string,
  [name, of]: [figure: string, of: string],
  rest: Pick<Aim, 'unit' | 'aim' | 'stretch'>,
): Aim => ({ row, what, limit: 'at most', ...rest, read: (median) => median(of, name) });

const getAims: readonly Aim[] = [
  {
    ...{ row: 'get', what: `CPU a request, against ${bare}`, unit: '×', limit: 'at most', aim: 1.5, stretch: 1 },
    cases: ['GET at 32'],
    read: (median) => median('GET at 32', 'cpuMicros') / median('GET at 32', 'cpuMicros', bare),
  },
  {
    ...{ row: 'get', what: `requests/s, against ${bare}`, unit: '×', limit: 'at least', aim: 0.75, stretch: 1 },
    cases: ['GET at 32'],
    read: (median) => median('GET at 32', 'perSecond') / median('GET at 32', 'perSecond', bare),
  },
];

const postAims: readonly Aim[] = [
  {
    ...figureAim('post', 'CPU of the gateway a request, at 256', ['frontCpuMicros', 'POST at 256'], {
      ...{ unit: ' µs', aim: 60, stretch: 35 },
    }),
    cases: ['POST at 256'],
  },
  ...[
    { count: 256, aim: 8, stretch: 10 },
    { count: 32, aim: 3, stretch: 4 },
  ].map(
    ({ count, aim, stretch }): Aim => ({
      ...{ row: 'post', what: `requests/s, against ${plain}, at ${count}`, unit: '×', limit: 'at least', aim, stretch },
      cases: [`POST at ${count}`],
      read: (median) => median(`POST at ${count}`, 'perSecond') / median(`POST at ${count}`, 'perSecond', plain),
    }),
  ),
  {
    ...{ row: 'post', what: `p50 more than ${plain}, at 1`, unit: ' ms', limit: 'at most', aim: 0.25, stretch: 0.1 },
    read: (median) => median('POST at 1', 'p50Ms') - median('POST at 1', 'p50Ms', plain),
  },
];

const rateAims: readonly Aim[] = [
  figureAim('exists', 'p99 at 2,000/s', ['p99Ms', '2000/s'], { unit: ' ms', aim: 10 }),
  figureAim('hot', 'p99 at 2,000/s', ['p99Ms', '2000/s'], { unit: ' ms', aim: 50 }),
  ...[2_000, 5_000].map(
    (rate): Aim => ({
      row: 'hot',
      what: `503 and failures at ${rate.toLocaleString('en')}/s${rate === 5_000 ? ' (stretch)' : ''}`,
      ...{ unit: '', limit: 'at most', aim: 0 },
      read: (median) => median(`${rate}/s`, 'refused') + median(`${rate}/s`, 'failed'),
    }),
  ),
  figureAim('unseen', 'p99 at 1,000/s', ['p99Ms', '1000/s'], { unit: ' ms', aim: 15 }),
  {
    ...{ row: 'unchanged', what: 'share of a core at 1,000/s', unit: ' %', limit: 'at most', aim: 25 },
    cases: ['1000/s'],
    read: (median) => 100 * median('1000/s', 'coreShare'),
  },
  {
    ...{ row: 'mixed', what: 'highest rate with p99 < 25 ms and no error', unit: '/s', limit: 'at least' },
    ...{ aim: 4_000, stretch: 8_000 },
    read: (median) => median('highest rate', 'highestPerSecond'),
  },
];

// the loads with writes: twice the highest rate of reads is more than the generator can send beside the database
const overloads = ['mixed', 'contended'].flatMap((recipe) =>
  [512, 8_000].map((connections) => `${recipe}, ${connections} connections`),
);

const overloadAims: readonly Aim[] = overloads.flatMap((load): Aim[] => [
  ...[
    { what: 'longest answer', figure: 'longestMs' },
    { what: 'back to normal after', figure: 'backToNormalMs' },
  ].map(
    ({ what, figure }): Aim => ({
      ...{ row: 'overload', what: `${load}: ${what}`, unit: ' ms', limit: 'at most', aim: 2_000 },
      read: (median) => median(load, figure),
    }),
  ),
  {
    ...{ row: 'overload', what: `${load}: good answers, of the highest rate`, unit: ' %' },
    ...{ limit: 'at least', aim: 80 },
    read: (median) => 100 * median(load, 'goodputShare'),
  },
]);

const quietAims: readonly Aim[] = [
  figureAim('single', 'CPU of all processes a write, without its snapshot', ['writeCpuMs', 'one write'], {
    unit: ' ms',
    aim: 0.8,
  }),
  {
    ...{ row: 'idle', what: 'share of a core of everything', unit: ' %', limit: 'at most', aim: 3 },
    read: (median) => 100 * median('idle', 'coreShare'),
  },
  {
    ...{ row: 'visible', what: 'p50, against a bare watch', unit: '×', limit: 'at most', aim: 1.15 },
    read: (median) => median('one event at a time', 'seenP50Ms') / median('one event at a time', 'watchP50Ms'),
  },
  {
    ...{ row: 'visible', what: 'p99 more than a bare watch', unit: ' ms', limit: 'at most', aim: 2 },
    read: (median) => median('one event at a time', 'seenP99Ms') - median('one event at a time', 'watchP99Ms'),
  },
];

const pages = ['page', 'sorted page', 'filtered page', 'filtered and sorted page'];

const growthAims: readonly Aim[] = [
  ...['GET', 'POST', 'PUT', 'DELETE', ...pages.flatMap((page) => [`${page} of 100`, `late ${page} of 100`])].map(
    (what): Aim => ({
      ...{ row: 'flat', what: `CPU of a ${what}, most users against fewest`, unit: '×', limit: 'at most', aim: 1.1 },
      read: (_, medians) => ratioToFirst(medians(`${what}, `, 'cpuMicros')),
    }),
  ),
  ...pages.map(
    (page): Aim => ({
      ...{ row: 'flat', what: `CPU of a late ${page}, against the first one`, unit: '×', limit: 'at most', aim: 1.1 },
      read: (_, medians) =>
        (medians(`late ${page} of 100, `, 'cpuMicros').at(-1) ?? Number.NaN) /
        (medians(`${page} of 100, `, 'cpuMicros').at(-1) ?? Number.NaN),
    }),
  ),
  {
    ...{ row: 'fanout', what: 'CPU of a read, 8 aggregators against 1', unit: '×', limit: 'at most', aim: 1.15 },
    read: (_, medians) => ratioToFirst(medians('GET, ', 'cpuMicros')),
  },
  {
    ...{ row: 'fanout', what: 'CPU of an applied event, 8 against 1', unit: '×', limit: 'at most', aim: 1.56 },
    read: (_, medians) => ratioToFirst(medians('PUT, ', 'appliedCpuMicros')),
  },
  {
    ...{ row: 'memory', what: 'bytes a user, against JSON', unit: '×', limit: 'at most', aim: 2.5, stretch: 1 },
    read: (_, medians) => medians('', 'bytesRatio').at(-1) ?? Number.NaN,
  },
];

const delayAims: readonly Aim[] = [
  { what: 'p99 of the event loop more than empty', figure: 'loopP99Ms', aim: 3 },
  { what: 'longest delay of the event loop more than empty', figure: 'loopMostMs', aim: 20 },
].map(({ what, figure, aim }) => ({
  ...{ row: 'memory', what, unit: ' ms', limit: 'at most', aim },
  read: (_, medians) => {
    const values = medians('', figure);
    return (values.at(-1) ?? Number.NaN) - (values[0] ?? Number.NaN);
  },
}));

const restoreAims: readonly Aim[] = [
  {
    ...{ row: 'restore', what: 'records, against the reads of a plain program', unit: '×', limit: 'at most', aim: 0.3 },
    read: (median) => {
      const of = (name: string) => median('nothing behind', name);
      return (of('readyMs') - (of('plainMs') - of('plainReadMs'))) / of('plainReadMs');
    },
  },
  {
    ...{ row: 'restore', what: 'until caught up, against a plain program', unit: '×', limit: 'at most', aim: 0.7 },
    read: (_, medians) => medians('', 'timeRatio').at(-1) ?? Number.NaN,
  },
  {
    ...{ row: 'snapshots', what: 'p99 of POST, with against without', unit: '×', limit: 'at most', aim: 1.3 },
    read: (median) => median('with snapshots', 'p99Ms') / median('without snapshots', 'p99Ms'),
  },
];

const liveAims: readonly Aim[] = [
  ...[
    { name: 'ws', figure: 'wsRatio', aim: 3, stretch: 1.5 },
    { name: 'server-sent events of node:http', figure: 'httpRatio', aim: 2, stretch: 1.2 },
  ].map(({ name, figure, aim, stretch }) =>
    figureAim('live-connections', `heap a connection, against ${name}`, [figure, 'memory'], {
      ...{ unit: '×', aim, stretch },
    }),
  ),
  ...['no event', '50 events/s of others'].map((events) =>
    figureAim('live-connections', `p99 of GET, ${events}, with against without`, ['getRatio', `with 5000, ${events}`], {
      ...{ unit: '×', aim: 1.3 },
    }),
  ),
  figureAim('live-fanout', 'CPU of an event and connection, against ws', ['wsRatio', '200 subscribers'], {
    ...{ unit: '×', aim: 1.5, stretch: 1 },
  }),
  figureAim('live-fanout', 'p99 from POST to arrival', ['arrivalP99Ms', '200 subscribers'], { unit: ' ms', aim: 50 }),
  figureAim('live-fanout', 'p99 of GET, 200 subscribers against none', ['getRatio', '200 subscribers'], {
    ...{ unit: '×', aim: 1.3 },
  }),
];

const table = [
  getAims,
  postAims,
  rateAims,
  overloadAims,
  quietAims,
  growthAims,
  delayAims,
  restoreAims,
  liveAims,
].flat();

/** Returns the aims of the rows that were measured, each with what was measured. Pure. */
export const judgeAims = (groups: readonly Group[], controls: readonly Control[]): Verdict[] =>
  table.filter(({ row }) => groups.some((group) => group.row === row)).map((aim) => judge(aim, groups, controls));

const judge = (aim: Aim, groups: readonly Group[], controls: readonly Control[]): Verdict => {
  const { row, what, unit, limit, cases = [] } = aim;
  const own = groups.filter((group) => group.row === row);
  const median: ReadMedian = (of, name, target = targetNames.muster) =>
    own.find((group) => group.what === of && group.target === target)?.figures[name]?.median ?? Number.NaN;
  const medians: ReadMedians = (prefix, name) =>
    own
      .filter((group) => group.target === targetNames.muster && group.what.startsWith(prefix))
      .map(({ figures }) => figures[name]?.median ?? Number.NaN);
  const value = aim.read(median, medians);
  const reaches = (wanted: number) => (limit === 'at most' ? value <= wanted : value >= wanted);
  const sign = limit === 'at most' ? '≤' : '≥';
  const isNoisy = controls.some((control) => control.row === row && cases.includes(control.what) && control.isNoisy);
  const outcome = (): Verdict['outcome'] => {
    if (Number.isNaN(value)) return 'not measured';
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
