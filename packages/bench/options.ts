import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { BenchRequest } from './bench.ts';
import { guardRows } from './guard.ts';
import type { BenchOptions, Row } from './row.ts';
import { chooseRows } from './rows.ts';

/** The options of the command line, as commander parses them. */
export type ParsedOptions = BenchOptions & {
  only?: string;
  against?: string;
  guard?: true;
  record?: true;
  quick?: true;
  unpinned?: true;
  results: string;
  out?: string;
};

/** What a run shall do, or why these options make no run. */
export type Requested = { kind: 'request'; request: BenchRequest } | { kind: 'problem'; problem: string };

// a small run: it shows only that the benchmark works
const quick = { seconds: 1, rounds: 1, users: 2_000, trials: 1, sizes: [1_000, 2_000] };

/** Makes the program that parses the command line. */
export const openProgram = (rows: readonly Row[]): Command =>
  new Command('bench')
    .description('measures Muster beside a bare Koa and a plain Koa + mongodb service, each on its own data')
    .option('--only <rows>', `only these rows, with commas between: ${rows.map(({ name }) => name).join(', ')}`)
    .option('--seconds <number>', 'duration of each load, in seconds', parseCount, 5)
    .option('--rounds <number>', 'number of rounds; each measures all targets', parseCount, 5)
    .option('--users <number>', 'number of users created before the measurements', parseCount, 100_000)
    .option('--sizes <numbers>', 'numbers of users that flat and memory compare', parseCounts, [10_000, 100_000])
    .option('--trials <number>', 'number of times an aggregator is killed', parseCount, 5)
    .option('--against <revision>', 'also measure another revision of this project, and print the ratios')
    .option('--guard', `measure ${guardRows}, and fail when a CPU ratio is more than 15 % above the stored one`)
    .option(
      '--record',
      'add the run to docs/performance/trend.jsonl and to the chapter; with --guard, store the ratios',
    )
    .option('--unpinned', 'do not pin processes to processors')
    .option('--quick', 'a small run, which only shows that the benchmark works')
    .option('--results <folder>', 'folder of the result files', 'bench-results')
    .option('--out <file>', 'also write the Markdown to this file')
    .exitOverride();

/** Returns what a run with these options shall do. Pure. */
export const requestOf = (parsed: ParsedOptions, rows: readonly Row[]): Requested => {
  const chosen = chooseRows(rows, parsed.only ?? (parsed.guard ? guardRows : undefined));
  if (chosen.kind === 'problem') return chosen;
  const { seconds, rounds, users, sizes, trials } = parsed.quick ? { ...parsed, ...quick } : parsed;
  const request: BenchRequest = {
    options: { seconds, rounds, users, sizes, trials },
    rows: chosen.rows,
    isPinned: !parsed.unpinned,
    against: parsed.against,
    guard: parsed.guard ? (parsed.record ? 'store' : 'compare') : 'no',
    isRecorded: parsed.record === true && !parsed.guard,
    resultsPath: resolve(parsed.results),
    out: parsed.out,
  };
  return { kind: 'request', request };
};

/** Parses an integer above 0. Throws InvalidArgumentError. Pure. */
export const parseCount = (text: string): number => {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected an integer above 0');
};

/** Parses integers above 0 with commas between, the smallest first. Throws InvalidArgumentError. Pure. */
export const parseCounts = (text: string): number[] =>
  text
    .split(',')
    .map((part) => parseCount(part.trim()))
    .sort((a, b) => a - b);
