import { byNumber, type Copies, type Step } from '@muster/supervisor';
import { describeCopies, partitionsOf, table } from './describe-copies.ts';

/** Describes a step of the change while it happens. Pure. */
export const describeStep = (step: Step): string => {
  switch (step.kind) {
    case 'begun':
      return `${step.what} …`;
    case 'ended':
      return `${step.what}: done after ${seconds(step.ms)}`;
    case 'remark':
      return step.text;
  }
};

/**
 * Describes what a change moved: the number of each aggregator's partitions before and after, and how many partitions
 * have other replicas than before. Pure.
 */
export const describeMove = (before: Copies, after: Copies): string => {
  const names = [...new Set([...before.live, ...after.live])].sort(byNumber);
  const rows = names.map((name) => [name, countOf(before, name), countOf(after, name)]);
  return [
    ...table([['PROCESS', 'PARTITIONS BEFORE', 'AFTER'], ...rows]),
    '',
    `${describeCopies(after)}; ${countMoved(before, after)} moved`,
    ...after.missing.map((problem) => `  ${problem}`),
  ].join('\n');
};

/** States how long a change took, `ms` milliseconds, and which step took longest. Pure. */
export const describeTime = (ms: number, steps: readonly Step[]): string => {
  const ended = steps.flatMap((step) => (step.kind === 'ended' ? [step] : [])).sort((a, b) => b.ms - a.ms);
  const [slowest] = ended;
  return slowest === undefined
    ? `Done: there was nothing to change`
    : `Done in ${seconds(ms)}; the slowest step: ${slowest.what} (${seconds(slowest.ms)})`;
};

const countOf = (copies: Copies, name: string): string =>
  copies.live.includes(name) ? String(partitionsOf(copies, name).length) : '-';

const countMoved = (before: Copies, after: Copies): number =>
  after.replicas.filter((names, partition) => names.join() !== (before.replicas[partition] ?? []).join()).length;

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
