import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import type { Warnings } from './count-warnings.ts';
import { describeMachine, type Machine, readCommit } from './describe-machine.ts';
import { describeResult } from './describe-result.ts';
import { openPinning, type Pinning } from './pinning.ts';
import { type About, type BenchResult, summarizeRun } from './result.ts';
import type { BenchOptions, Row, Sample } from './row.ts';
import { runRows } from './run-rows.ts';
import { buildOf, type Ground, seed } from './stage.ts';
import { targetNames } from './targets.ts';

/** What a run shall do. */
export type BenchRequest = {
  options: BenchOptions;
  rows: readonly Row[];
  isPinned: boolean;
  /** Also write the Markdown to this file. */
  out: string | undefined;
};

/**
 * Runs the benchmark: starts all that it measures, with its own database. Prints the figures as Markdown, and keeps
 * them as JSON in `bench-results`. Returns the exit code: 0 after a complete measurement, whatever the figures are, and
 * 1 when interrupted.
 */
export const bench = async (
  environment: NodeJS.ProcessEnv,
  request: BenchRequest,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<number> => {
  const say = (text: string) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
  const warnings: Warnings = new Map();
  const pinning = request.isPinned ? await openPinning() : undefined;
  const ground: Ground = { environment, pinning, warnings, say, signal };
  const builds = [buildOf(targetNames.muster, findProjectRoot())];
  const began = new Date();
  const samples: Sample[] = [];
  const known: { machine: Machine } = { machine: await describeMachine(undefined) };
  try {
    await runRows(
      { ground, options: request.options, rows: request.rows, builds },
      (sample) => samples.push(sample),
      async (stage) => {
        known.machine = await describeMachine(stage);
      },
    );
  } catch (error) {
    if (!signal.aborted) throw error;
    say('Interrupted');
    return 1;
  }
  const about = await aboutOf(request, began, pinning, known.machine);
  const result = summarizeRun(about, samples, targetNames.muster, warnings);
  const text = describeResult(result, request.rows);
  print(text);
  if (request.out !== undefined) await writeFile(request.out, `${text}\n`);
  say(`Kept in ${await keepResult(result)}`);
  return 0;
};

const aboutOf = async (
  { options, rows }: BenchRequest,
  began: Date,
  pinning: Pinning | undefined,
  machine: Machine,
): Promise<About> => ({
  at: began.toISOString(),
  commit: await readCommit(),
  against: undefined,
  seed,
  options,
  rows: rows.map(({ name }) => name),
  pinning: describePinning(pinning),
  machine,
});

const describePinning = (pinning: Pinning | undefined): string =>
  pinning === undefined
    ? 'not pinned'
    : `gateway and aggregators, or the other target, on ${pinning.target}; database and load generator on ${pinning.rest}`;

const keepResult = async (result: BenchResult): Promise<string> => {
  const folder = join(findProjectRoot(), 'bench-results');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${result.about.at.slice(0, 19).replaceAll(':', '-')}.json`);
  await writeFile(path, `${JSON.stringify(result, undefined, 1)}\n`);
  return path;
};
