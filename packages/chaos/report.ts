import type { Campaign } from './campaign.ts';
import { describeRound } from './campaign.ts';
import { type describeFault, type FaultKind, faultKinds, type Struck, struckBy } from './fault.ts';
import { lateMs } from './judge.ts';
import type { RoundResult } from './run-round.ts';
import { sometimesNames } from './sometimes.ts';

export type Reported = {
  versions: string[];
  seed: number;
  kinds: readonly FaultKind[];
  replay: string;
  campaign: Campaign;
};

/** Returns the exit code: 0 no violation, 1 a violation, 3 too little happened for a result. Pure. */
export const exitCodeOf = (campaign: Pick<Campaign, 'rounds' | 'sometimes'>): number => {
  const { rounds } = campaign;
  if (rounds.some(({ violations }) => violations.length > 0)) return 1;
  return rounds.length === 0 || rounds.some(({ invalid }) => invalid !== undefined) || findNever(campaign).length > 0
    ? 3
    : 0;
};

/** Returns what must happen in a campaign of this length with all kinds of faults, and never happened. Pure. */
const findNever = ({ rounds, sometimes }: Pick<Campaign, 'rounds' | 'sometimes'>): string[] => {
  const kinds = new Set(rounds.flatMap(({ strikes }) => strikes.map(({ fault }) => fault.kind)));
  const isWhole = rounds.length >= wholeRounds && faultKinds.every((kind) => kinds.has(kind));
  return isWhole ? sometimesNames.filter((name) => sometimes[name] === 0) : [];
};

const wholeRounds = 60;

/** Describes the result of a campaign as Markdown. Pure. */
export const describeCampaign = ({ versions, seed, kinds, replay, campaign }: Reported): string => {
  const { rounds, ms, brokenOff } = campaign;
  const violations = rounds.flatMap((one) =>
    one.violations.map((text) => `round ${one.round.number} (${describeRound(one.round)}): ${text}`),
  );
  const invalid = rounds.filter((one) => one.invalid !== undefined);
  const verdict = { 0: 'No violation.', 1: `${violations.length} violations.`, 3: 'Invalid: too little happened.' }[
    exitCodeOf(campaign)
  ];
  return [
    '# Fault campaign',
    '',
    `**${verdict}** ${rounds.length} rounds in ${(ms / 60_000).toFixed(1)} minutes, ` +
      `seed ${seed}${brokenOff ? ', interrupted' : ''}.`,
    '',
    ...versions.map((line) => `- ${line}`),
    `- kinds of faults: ${kinds.join(', ')}`,
    '',
    ...section(
      'Violations',
      violations.length > 0
        ? [...violations.slice(0, 50).map((line) => `- ${line}`), '', `Replay: \`${replay}\``]
        : ['None.'],
    ),
    ...section('Faults', table(['fault', 'times', 'skipped'], faultRows(rounds))),
    ...section('Calls', table(['call', 'times'], rowsOf(sumOf(rounds.map(({ calls }) => calls))))),
    ...section('Outcomes', table(['outcome', 'times'], rowsOf(sumOf(rounds.map(({ outcomes }) => outcomes))))),
    ...section(
      'Longest answer to a call on one thing (all but COUNT and LIST) during a single fault',
      table(
        [
          'fault',
          'struck',
          'rounds',
          'median of the longest, ms',
          'longest, ms',
          'answered',
          `after more than ${lateMs} ms`,
          'not answered',
        ],
        longestRows(rounds),
      ),
    ),
    ...section(
      'Recovery after the last fault: all copies serve, all reads come from memory',
      table(['rounds', 'median ms', 'longest ms'], [timesRow(rounds.flatMap(({ recoveryMs }) => recoveryMs ?? []))]),
    ),
    ...section(
      'An aggregator away for longer than its lease: the others have all copies',
      table(
        ['times', 'median ms', 'longest ms'],
        [timesRow(rounds.flatMap(({ strikes }) => strikes.flatMap(({ replacedMs }) => replacedMs ?? [])))],
      ),
    ),
    ...section('Change streams', [
      `Reopened ${total(rounds.map(({ reopened }) => reopened))} times, ${perMinute(rounds)} times per minute.`,
    ]),
    ...section(
      'Sometimes',
      table(
        ['what must happen sometimes', 'times'],
        sometimesNames.map((name) => [name, String(campaign.sometimes[name])]),
      ),
    ),
    ...section(
      'Invalid rounds',
      invalid.length > 0
        ? invalid.map((one) => `- round ${one.round.number} (${describeRound(one.round)}): ${one.invalid}`)
        : ['None.'],
    ),
  ].join('\n');
};

const section = (title: string, lines: readonly string[]) => [`## ${title}`, '', ...lines, ''];

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `|${head.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
];

const faultRows = (rounds: readonly RoundResult[]) => {
  const strikes = rounds.flatMap((one) => one.strikes);
  return [...new Set(strikes.map(({ fault }) => fault.kind))].sort().map((kind) => {
    const own = strikes.filter(({ fault }) => fault.kind === kind);
    return [kind, String(own.length), String(own.filter(({ impossible }) => impossible).length)];
  });
};

const longestRows = (rounds: readonly RoundResult[]) => {
  const single = rounds.filter(({ strikes }) => strikes.length === 1).flatMap(({ longest }) => longest);
  const keyOf = ({ strike }: { strike: { fault: Parameters<typeof describeFault>[0] } }) =>
    `${struckBy(strike.fault)} ${strike.fault.kind}`;
  return [...new Set(single.map(keyOf))].sort().map((key) => {
    const own = single.filter((one) => keyOf(one) === key);
    const [struck = '', kind = ''] = key.split(' ') as [Struck, FaultKind];
    const ms = own.map((one) => one.ms);
    return [
      kind,
      struck,
      String(own.length),
      String(Math.round(median(ms))),
      String(Math.round(Math.max(...ms))),
      String(total(own.map((one) => one.answered))),
      String(total(own.map((one) => one.late))),
      String(total(own.map((one) => one.unanswered))),
    ];
  });
};

const timesRow = (ms: readonly number[]) => [
  String(ms.length),
  String(Math.round(median(ms))),
  String(Math.round(Math.max(0, ...ms))),
];

const perMinute = (rounds: readonly RoundResult[]) =>
  (total(rounds.map(({ reopened }) => reopened)) / Math.max(1, total(rounds.map(({ ms }) => ms)) / 60_000)).toFixed(1);

const sumOf = (counts: readonly Record<string, number>[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const one of counts) for (const [key, count] of Object.entries(one)) sums[key] = (sums[key] ?? 0) + count;
  return sums;
};

const rowsOf = (counts: Record<string, number>) => Object.entries(counts).map(([key, count]) => [key, String(count)]);

const total = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0);

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
};
