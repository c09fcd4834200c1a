import type { BenchResult } from './result.ts';
import type { Row } from './row.ts';
import type { Spread } from './statistics.ts';
import { type Control, controlLimits, type Group } from './summarize.ts';

/** Returns a result as Markdown, for docs/8-performance.md. Pure. */
export const describeResult = (result: BenchResult, rows: readonly Row[]): string =>
  [
    ...describeAbout(result),
    ...describeAims(result),
    ...rows.flatMap((row) => describeRow(result, row)),
    ...describeRatios(result),
    ...describeProblems(result),
    ...describeWarnings(result),
  ].join('\n');

const describeAbout = ({ about }: BenchResult): string[] => {
  const { at, commit, against, options, pinning, machine, seed, loadAtStart } = about;
  const other = against === undefined ? '' : `, against ${against}`;
  return [
    `- measured ${at.slice(0, 16).replace('T', ' ')} UTC, commit ${commit}${other}`,
    `- ${options.users} users (seed ${seed}), ${options.rounds} rounds of ${options.seconds} s; ` +
      'medians (minimum – maximum)',
    `- machine: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.system}`,
    `- Node.js ${machine.node}; MongoDB: ${machine.database}`,
    `- processors: ${pinning}; load average before: ${loadAtStart.toFixed(2)}`,
  ];
};

const describeAims = ({ aims }: BenchResult): string[] => {
  if (aims.length === 0) return [];
  const mark = (outcome: string) => (outcome.includes('reached') ? outcome : `**${outcome}**`);
  const shown = aims.map((one) => [one.row, one.what, one.measured, one.aim, one.stretch, mark(one.outcome)]);
  return ['', ...table(['row', 'what', 'measured', 'aim', 'stretch', ''], shown)];
};

const describeRow = ({ groups, controls }: BenchResult, row: Row): string[] => {
  const own = groups.filter((group) => group.row === row.name);
  if (own.length === 0) return [];
  const names = [...new Set(own.flatMap(({ figures }) => Object.keys(figures)))];
  const lines = own.map((group) => [
    group.what,
    group.target,
    ...names.map((name) => showSpread(group.figures[name], name)),
  ]);
  const heads = ['what', 'target', ...names.map((name) => headOf[name] ?? name)];
  const control = controls.filter((one) => one.row === row.name).map(describeControl);
  return [
    '',
    `**${row.name}**: ${row.about}`,
    '',
    ...table(heads, lines),
    ...(control.length > 0 ? ['', ...control] : []),
  ];
};

const describeControl = ({ what, ratio, isNoisy }: Control) =>
  `- A/A control, ${what}: ${ratio.toFixed(3)}${isNoisy ? ` (noisy: not in ${limits})` : ''}`;

const limits = `${controlLimits.least}–${controlLimits.most}`;

/** With another revision: the ratios of all figures, this one by the other. */
const describeRatios = ({ about, groups }: BenchResult): string[] => {
  if (about.against === undefined) return [];
  const lines = groups.flatMap((group) => {
    const other = groups.find(
      ({ row, what, target }) => isSameCase(group, row, what) && target === `Muster ${about.against}`,
    );
    return group.target === 'Muster' && other ? ratioLines(group, other) : [];
  });
  return ['', `**this revision against ${about.against}**`, '', ...table(['row', 'what', 'figure', 'ratio'], lines)];
};

const isSameCase = (group: Group, row: string, what: string) => group.row === row && group.what === what;

const ratioLines = (group: Group, other: Group): string[][] =>
  Object.entries(group.figures).flatMap(([name, { median }]) => {
    const ratio = median / (other.figures[name]?.median ?? Number.NaN);
    return Number.isFinite(ratio) ? [[group.row, group.what, headOf[name] ?? name, ratio.toFixed(3)]] : [];
  });

const describeProblems = ({ problems }: BenchResult): string[] =>
  problems.length === 0 ? [] : ['', 'Not measured:', '', ...problems.map((problem) => `- ${problem}`)];

const describeWarnings = ({ warnings }: BenchResult): string[] =>
  warnings.length === 0
    ? []
    : ['', 'Lines in the logs of the processes:', '', ...warnings.map(([text, times]) => `- ${times}× ${text}`)];

/** The heads of the columns, with units. */
const headOf: Record<string, string> = {
  perSecond: 'requests/s',
  p50Ms: 'p50 ms',
  p99Ms: 'p99 ms',
  mostMs: 'maximum ms',
  cpuMicros: 'CPU µs/request',
  frontCpuMicros: 'HTTP process CPU µs/request',
  databaseCpuMicros: 'database CPU µs/request',
  coreShare: 'share of a core',
  loadShare: 'generator share of a core',
  aggregatorCpuMicros: 'aggregators CPU µs/request',
  savedCpuMicros: 'CPU µs/request until saved, with database',
  appliedCpuMicros: 'aggregators CPU µs/applied event',
  writeCpuMs: 'CPU ms/write',
  savedCpuMs: 'CPU ms/write until saved',
  gatewayCpuMs: 'gateway CPU ms/write',
  aggregatorCpuMs: 'aggregators CPU ms/write',
  databaseCpuMs: 'database CPU ms/write',
  gatewayShare: 'gateway',
  aggregatorShare: 'aggregators',
  databaseShare: 'database',
  seenP50Ms: 'in memory p50 ms',
  seenP99Ms: 'in memory p99 ms',
  watchP50Ms: 'bare watch p50 ms',
  watchP99Ms: 'bare watch p99 ms',
  notFromMemory: 'not from memory',
  anyMs: 'first correct answer after, ms',
  itselfMs: 'its own answer from memory after, ms',
  slowestMs: 'slowest answer meanwhile, ms',
  standbyMs: 'another aggregator answers after, ms',
  copiesMs: 'all copies after, ms',
  caughtUpMs: 'caught up after, ms',
  readyMs: 'serving after, ms',
  plainMs: 'plain program, ms',
  plainReadMs: 'its reads, ms',
  timeRatio: 'caught up / plain program',
  loopP99Ms: 'event loop delay p99 ms',
  loopMostMs: 'event loop delay maximum ms',
  heapBytes: 'heap, bytes',
  userBytes: 'bytes/user',
  jsonBytes: 'JSON bytes/user',
  bytesRatio: 'bytes / JSON bytes',
  refused: '503',
  failed: 'failed',
  wantedPerSecond: 'rate',
  highestPerSecond: 'highest rate, requests/s',
  duePerSecond: 'requests due/s',
  longestMs: 'longest answer ms',
  unsentMs: 'due until sent at most ms',
  notSentShare: 'share not sent, no connection was free',
  connectMs: 'to connect at most ms',
  answerMs: 'connected until answered at most ms',
  normalMs: 'normal ms',
  ownLateMs: 'generator late at most ms',
  listenDrops: 'connections dropped',
  goodPerSecond: 'good answers/s',
  goodputShare: 'good answers, share of the highest rate',
  refusedShare: 'share of 503',
  unanswered: 'without an answer',
  getP50Ms: 'GET p50 ms',
  getP99Ms: 'GET p99 ms',
  getMostMs: 'GET maximum ms',
  getRatio: 'GET p99 / without',
  postP99Ms: 'POST p99 ms',
  arrivalP50Ms: 'due until arrival p50 ms',
  arrivalP99Ms: 'due until arrival p99 ms',
  behindP50Ms: 'answer until arrival p50 ms',
  behindP99Ms: 'answer until arrival p99 ms',
  messageCpuMicros: 'CPU µs/event and connection',
  wsRatio: '/ ws',
  httpRatio: '/ node:http',
  perArrival: 'messages at once',
  messageBytes: 'bytes/message',
  subscriberShare: 'subscribers share of a core',
  missing: 'messages missing',
  lost: 'connections lost',
  heapPerConnection: 'heap, bytes/connection',
  rssPerConnection: 'memory, bytes/connection',
  backToNormalMs: 'back to normal after, ms',
};

const showSpread = (spread: Spread | undefined, name: string): string => {
  if (spread === undefined || Number.isNaN(spread.median)) return '–';
  const show = name.endsWith('Share') ? (value: number) => value.toFixed(3) : tidy;
  const { median, least, most } = spread;
  return least === most ? show(median) : `${show(median)} (${show(least)} – ${show(most)})`;
};

const tidy = (value: number): string => {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return String(Math.round(value));
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
};

const table = (heads: readonly string[], lines: readonly string[][]): string[] => [
  `| ${heads.join(' | ')} |`,
  `|${heads.map(() => '---').join('|')}|`,
  ...lines.map((line) => `| ${line.join(' | ')} |`),
];
