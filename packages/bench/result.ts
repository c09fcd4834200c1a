import { judgeAims, type Verdict } from './aims.ts';
import type { Machine } from './describe-machine.ts';
import type { BenchOptions, Sample } from './row.ts';
import { type Control, type Group, groupSamples, judgeControls } from './summarize.ts';

/** What a run was: enough to repeat it. */
export type About = {
  at: string;
  commit: string;
  against: string | undefined;
  seed: number;
  options: BenchOptions;
  rows: readonly string[];
  /** The processors of what is measured and of the rest, in words. */
  pinning: string;
  machine: Machine;
  /** The load average of the machine before the run: above 0.5, other work disturbs the figures. */
  loadAtStart: number;
};

/** A run with all its figures, as it is kept in a file. */
export type BenchResult = {
  about: About;
  groups: Group[];
  controls: Control[];
  aims: Verdict[];
  /** Rows that could not be measured, with the reasons. */
  problems: string[];
  /** Lines in the logs of the processes. */
  warnings: [text: string, times: number][];
};

/** Summarizes the samples of a run. `target` is the target whose controls are judged. Pure. */
export const summarizeRun = (
  about: About,
  samples: readonly Sample[],
  target: string,
): Pick<BenchResult, 'about' | 'groups' | 'controls' | 'aims'> => {
  const groups = groupSamples(samples);
  const controls = judgeControls(samples, target);
  return { about, groups, controls, aims: judgeAims(groups, controls) };
};
