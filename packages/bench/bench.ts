import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { findProjectRoot } from '@muster/embedded';
import type { Warnings } from './count-warnings.ts';
import { describeMachine, type Machine, readCommit } from './describe-machine.ts';
import { describeResult } from './describe-result.ts';
import { compareRatios, describeCompared, ratiosOf, readRatios, storeRatios } from './guard.ts';
import { keepResult, recordResult } from './keep-result.ts';
import { openRevision, type Revision } from './open-revision.ts';
import { openPinning, type Pinning } from './pinning.ts';
import { type BenchResult, summarizeRun } from './result.ts';
import type { BenchOptions, Row, Sample } from './row.ts';
import { runRows } from './run-rows.ts';
import { buildOf, type Ground, seed } from './stage.ts';
import { targetNames } from './targets.ts';

/** What a run shall do. */
export type BenchRequest = {
  options: BenchOptions;
  rows: readonly Row[];
  isPinned: boolean;
  /** Also measure this revision of the project. */
  against: string | undefined;
  /** Compare ratios with the stored ones, or store them. */
  guard: 'no' | 'compare' | 'store';
  /** Add a line to the trend file, and write the figures into the chapter on performance. */
  isRecorded: boolean;
  /** The folder of the result files. */
  resultsPath: string;
  /** Also write the Markdown to this file. */
  out: string | undefined;
};

const warmUpSecondsMax = 3;

type Say = (text: string) => void;

/**
 * Runs the benchmark: starts all that it measures, with its own database. Prints the figures as Markdown, and keeps
 * them as a JSON file. Returns the exit code: 0 after a complete measurement, whatever the figures are. 1
 * when it was interrupted, when a row could not be measured, or when the guard found worse ratios. 2 when the guard has
 * nothing to compare with.
 */
export const bench = async (
  environment: NodeJS.ProcessEnv,
  request: BenchRequest,
  signal: AbortSignal,
  print: Say,
): Promise<number> => {
  const say = (text: string) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
  const stored = request.guard === 'compare' ? await readRatios() : {};
  if (stored === undefined) {
    say('Cannot guard: no ratios are stored. Store them with: npm run bench -- --guard --record');
    return 2;
  }
  const result = await measure(environment, request, signal, say);
  if (signal.aborted) say('Interrupted');
  if (result.groups.length === 0) return 1;
  const text = describeResult(result, request.rows);
  print(text);
  if (request.out !== undefined) await writeFile(request.out, `${text}\n`);
  say(`Kept in ${await keepResult(result, request.resultsPath)}`);
  if (signal.aborted || result.problems.length > 0) return 1;
  if (request.isRecorded) await recordResult(result, text);
  if (request.guard === 'store') say(`Stored the ratios in ${await storeRatios(result)}`);
  return request.guard === 'compare' ? judgeGuard(result, stored, print) : 0;
};

const judgeGuard = (result: BenchResult, stored: Record<string, number>, print: Say): number => {
  const compared = compareRatios(stored, ratiosOf(result.groups));
  for (const line of ['', ...describeCompared(compared)]) print(line);
  const noisy = result.controls.filter(({ isNoisy }) => isNoisy);
  if (noisy.length > 0) print(`noisy: the A/A control failed for ${noisy.map(({ what }) => what).join(', ')}`);
  return compared.some(({ isWorse }) => isWorse) ? 1 : 0;
};

const measure = async (
  environment: NodeJS.ProcessEnv,
  request: BenchRequest,
  signal: AbortSignal,
  say: Say,
): Promise<BenchResult> => {
  const { options, rows, against } = request;
  const at = new Date().toISOString();
  const load = loadavg()[0] ?? Number.NaN;
  await using revision = against === undefined ? undefined : await openRevision(against);
  const warnings: Warnings = new Map();
  const pinning = request.isPinned ? await openPinning() : undefined;
  const warmUpSeconds = Math.min(warmUpSecondsMax, options.seconds);
  const ground: Ground = { environment, pinning, warnings, warmUpSeconds, say, signal };
  const samples: Sample[] = [];
  const known: { machine: Machine } = { machine: await describeMachine(undefined) };
  const plan = { ground, options, rows, builds: buildsOf(revision) };
  const problems = await runRows(plan, {
    onSample: (sample) => samples.push(sample),
    onStage: async (stage) => {
      known.machine = await describeMachine(stage);
    },
  });
  const about = {
    ...{ at, against: revision?.commit, seed, options, rows: rows.map(({ name }) => name), loadAtStart: load },
    commit: await readCommit(),
    pinning: describePinning(pinning),
    machine: known.machine,
  };
  return { ...summarizeRun(about, samples, targetNames.muster), problems, warnings: [...warnings] };
};

const buildsOf = (revision: Revision | undefined) => [
  buildOf(targetNames.muster, findProjectRoot()),
  ...(revision ? [buildOf(`${targetNames.muster} ${revision.commit}`, revision.root)] : []),
];

const describePinning = (pinning: Pinning | undefined): string =>
  pinning === undefined
    ? 'not pinned'
    : `the measured target on ${pinning.target}, database and load generator on ${pinning.rest}`;
