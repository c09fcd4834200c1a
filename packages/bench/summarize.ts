import { groupBy } from './group-by.ts';
import type { Sample } from './row.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** All measurements of one target in one case of a row. */
export type Group = {
  row: string;
  what: string;
  target: string;
  figures: Record<string, Spread & { values: number[] }>;
};

/** How much the processor time of the same target differs between the two halves of the rounds. */
export type Control = { row: string; what: string; target: string; ratio: number; isNoisy: boolean };

/** Returns the samples as groups, in the order of their first samples. Pure. */
export const groupSamples = (samples: readonly Sample[]): Group[] =>
  groupBy(samples, keyOf).map((group) => {
    const [{ row, what, target }] = group;
    const names = new Set(group.flatMap(({ figures }) => Object.keys(figures)));
    const figures = [...names].map((name) => {
      const values = group.map((sample) => sample.figures[name] ?? Number.NaN);
      return [name, { ...spreadOf(values), values }] as const;
    });
    return { row, what, target, figures: Object.fromEntries(figures) };
  });

const keyOf = ({ row, what, target }: Sample) => JSON.stringify([row, what, target]);

/** The A/A ratio must lie between these. */
export const controlLimits = { least: 0.95, most: 1.05 };

/** Compares the two halves of each case of this target that has a processor time and was measured twice. Pure. */
export const judgeControls = (samples: readonly Sample[], target: string): Control[] => {
  const own = samples.filter((sample) => sample.target === target && sample.figures.cpuMicros !== undefined);
  return groupBy(own, keyOf).flatMap((group) => {
    const medianOf = (half: Sample['half']) =>
      spreadOf(group.filter((sample) => sample.half === half).map(({ figures }) => figures.cpuMicros ?? Number.NaN))
        .median;
    const ratio = medianOf('first') / medianOf('last');
    if (Number.isNaN(ratio)) return [];
    const [{ row, what }] = group;
    return [{ row, what, target, ratio, isNoisy: ratio < controlLimits.least || ratio > controlLimits.most }];
  });
};
