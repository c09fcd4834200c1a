import type { Bench, BenchOptions, Measured, Row, Sample } from './row.ts';
import { type Build, type Ground, type Stage, withStages } from './stage.ts';
import { musterOf, openOthers, type Target, type TargetKind } from './targets.ts';

/** What a run measures: rows on builds. The first build is the one that is compared with everything else. */
export type Plan = { ground: Ground; options: BenchOptions; rows: readonly Row[]; builds: readonly Build[] };

/** What a caller wants to know during a run: each measurement, and the first stage of the shared rows. */
export type RunEvents = { onSample: (sample: Sample) => void; onStage: (stage: Stage) => Promise<void> };

/**
 * Runs all rows. In each round the targets are measured one after another, the first one again at the end. Every second
 * round goes in the opposite order. So what changes slowly on the machine affects all targets alike. Returns the rows
 * that could not be measured, with the reasons. Ends early when the signal aborts.
 */
export const runRows = async (plan: Plan, events: RunEvents): Promise<string[]> => {
  const { ground, options, rows } = plan;
  const samples: Sample[] = [];
  const bench: Bench = { ...ground, options, samples };
  const problems: string[] = [];
  const attempt: Attempt = async (what, body) => {
    if (ground.signal.aborted) return;
    try {
      await body();
    } catch (error) {
      if (ground.signal.aborted) return;
      problems.push(`${what}: ${error instanceof Error ? error.message : error}`);
      ground.say(`Cannot measure ${problems.at(-1)}`);
    }
  };
  const keep: Keep = (sample) => {
    samples.push(sample);
    events.onSample(sample);
  };
  const shared = rows.filter((row) => row.kind === 'shared');
  if (shared.length > 0)
    await attempt('the shared rows', () => runShared(plan, bench, shared, { keep, attempt, onStage: events.onStage }));
  for (const row of rows) if (row.kind === 'own') await attempt(row.name, () => runOwn(plan, bench, row, keep));
  return problems;
};

type Keep = (sample: Sample) => void;
type Attempt = (what: string, body: () => Promise<void>) => Promise<void>;
type SharedRow = Extract<Row, { kind: 'shared' }>;
type OwnRow = Extract<Row, { kind: 'own' }>;

const runShared = async (
  { ground, options, builds }: Plan,
  bench: Bench,
  rows: readonly SharedRow[],
  { keep, attempt, onStage }: { keep: Keep; attempt: Attempt; onStage: RunEvents['onStage'] },
) => {
  const kinds = new Set(rows.flatMap(({ targets }) => targets));
  const wanted = builds.map((build) => ({ build, users: options.users }));
  await withStages(ground, wanted, async (stages) => {
    const [first] = stages;
    if (first === undefined) return;
    await onStage(first);
    await using others = await openOthers(ground, first, kinds);
    const all = [...stages.map(musterOf), ...others.targets];
    for (const row of rows) await attempt(row.name, () => runOnTargets(bench, row, targetsOf(row, all), keep));
  });
};

const targetsOf = ({ targets }: SharedRow, all: readonly Target[]): Target[] =>
  all.filter(({ kind }) => targets.includes(kind as TargetKind));

const runOnTargets = async (bench: Bench, row: SharedRow, targets: readonly Target[], keep: Keep) => {
  const rounds = row.rounds === 'once' ? 1 : bench.options.rounds;
  for (let round = 1; round <= rounds; round += 1) {
    for (const { item: target, half } of orderOf(targets, round, row.rounds === 'each')) {
      bench.signal.throwIfAborted();
      const measured = await row.measure(bench, target, round);
      sayAll(bench, row, round, rounds, target.name, measured);
      for (const one of measured) keep({ ...one, row: row.name, target: target.name, round, half });
    }
  }
};

const runOwn = async ({ builds }: Plan, bench: Bench, row: OwnRow, keep: Keep) => {
  const rounds = row.rounds === 'once' ? 1 : bench.options.rounds;
  for (let round = 1; round <= rounds; round += 1) {
    for (const { item: build, half } of orderOf(builds, round, false)) {
      bench.signal.throwIfAborted();
      const measured = await row.measure(bench, build);
      sayAll(bench, row, round, rounds, build.name, measured);
      for (const one of measured) keep({ ...one, row: row.name, target: build.name, round, half });
    }
  }
};

/**
 * Returns the order of one round. With `isControlled` and more than one item, the first item comes again at the end.
 * Otherwise odd rounds are the first half of the control, and even ones the last. Pure.
 */
export const orderOf = <Item>(
  items: readonly Item[],
  round: number,
  isControlled: boolean,
): { item: Item; half: Sample['half'] }[] => {
  const halfOf = (isFirst: boolean): Sample['half'] => (isFirst ? 'first' : 'last');
  const isOdd = round % 2 === 1;
  const [control] = items;
  if (!isControlled || items.length < 2 || control === undefined) {
    const order = isOdd ? items : items.toReversed();
    return order.map((item) => ({ item, half: halfOf(isOdd) }));
  }
  const order = [...items.map((item) => ({ item, half: halfOf(true) })), { item: control, half: halfOf(false) }];
  return isOdd ? order : order.toReversed();
};

const sayAll = ({ say }: Bench, row: Row, round: number, rounds: number, target: string, measured: Measured[]) => {
  for (const { what, figures } of measured) {
    const shown = Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`);
    say(`${row.name} ${round}/${rounds}, ${what}, ${target}: ${shown.join(', ')}`);
  }
};
