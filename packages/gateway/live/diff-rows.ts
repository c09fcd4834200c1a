import type { Key } from '@muster/model';

/** A row of a live list: what it is known by, as JSON, and what clients see of it, as JSON. */
export type Row = { name: string; json: string; keys: readonly Key[] };

/**
 * A step from one list to another. Each place is one in the list as the steps before left it. `moved`: the row is taken
 * out at `from`, and then put in at `to`.
 */
export type Step =
  | { kind: 'removed'; at: number; row: Row }
  | { kind: 'added'; at: number; row: Row }
  | { kind: 'moved'; from: number; to: number; row: Row }
  | { kind: 'changed'; at: number; row: Row };

/** Returns the steps from one list to another, with as few moves as possible. Pure. */
export const diffRows = (before: readonly Row[], after: readonly Row[]): Step[] => {
  const places = new Map(after.map(({ name }, at) => [name, at]));
  const steps: Step[] = [];
  for (let at = before.length - 1; at >= 0; at -= 1) {
    const row = before[at] as Row;
    if (!places.has(row.name)) steps.push({ kind: 'removed', at, row });
  }
  const list = before.filter(({ name }) => places.has(name)); // as the steps leave it
  const kept = new Set(list.map(({ name }) => name));
  const still = longestRise(list.map(({ name }) => places.get(name) as number));
  for (const [to, row] of after.entries()) {
    if (still.has(to)) continue;
    const behind = to === 0 ? 0 : placeIn(list, after[to - 1] as Row) + 1;
    if (!kept.has(row.name)) {
      list.splice(behind, 0, row);
      steps.push({ kind: 'added', at: behind, row });
      continue;
    }
    const from = placeIn(list, row);
    list.splice(from, 1);
    const target = from < behind ? behind - 1 : behind;
    list.splice(target, 0, row);
    steps.push({ kind: 'moved', from, to: target, row });
  }
  const moved = new Set(steps.flatMap((step) => (step.kind === 'moved' ? [step.row.name] : [])));
  for (const [at, row] of after.entries()) {
    const former = list[at] as Row;
    if (former.json !== row.json && !moved.has(row.name)) steps.push({ kind: 'changed', at, row });
  }
  return steps;
};

const placeIn = (list: readonly Row[], { name }: Row): number => list.findIndex((row) => row.name === name);

/** Returns the numbers of a longest rising part of a list of distinct numbers. */
const longestRise = (numbers: readonly number[]): Set<number> => {
  const ends: number[] = []; // the place of the smallest number that ends a rise of each length
  const before: number[] = [];
  for (const [at, number] of numbers.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[ends[middle] as number] as number) < number) low = middle + 1;
      else high = middle;
    }
    before[at] = low === 0 ? -1 : (ends[low - 1] as number);
    ends[low] = at;
  }
  const rise = new Set<number>();
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at] as number) rise.add(numbers[at] as number);
  return rise;
};

/** Returns a list after a step. Pure. */
export const applyStep = (list: readonly Row[], step: Step): Row[] => {
  switch (step.kind) {
    case 'removed':
      return list.toSpliced(step.at, 1);
    case 'added':
      return list.toSpliced(step.at, 0, step.row);
    case 'moved':
      return list.toSpliced(step.from, 1).toSpliced(step.to, 0, step.row);
    case 'changed':
      return list.with(step.at, step.row);
  }
};
