import { expect } from 'chai';
import fc from 'fast-check';
import { applyStep, diffRows, type Row } from './diff-rows.ts';

const rowOf = ([name, value]: [number, number]): Row => ({
  ...{ name: String(name), json: `{"id":${name},"value":${value}}`, keys: [] },
});
const anyRows = fc
  .uniqueArray(fc.tuple(fc.nat(12), fc.nat(2)), { selector: ([name]) => name, maxLength: 10 })
  .map((pairs) => pairs.map(rowOf));
const namesOf = (rows: readonly Row[]) => rows.map(({ name }) => name);

describe('The steps from one list to another', () => {
  it('lead from the one to the other', () => {
    fc.assert(
      fc.property(anyRows, anyRows, (before, after) => {
        expect(diffRows(before, after).reduce(applyStep, before)).to.deep.equal(after);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are as few as possible: one for each row that is added, removed or changed, and no move without need', () => {
    fc.assert(
      fc.property(anyRows, anyRows, (before, after) => {
        const steps = diffRows(before, after);
        const count = (kind: string) => steps.filter((step) => step.kind === kind).length;
        const [old, now] = [new Set(namesOf(before)), new Set(namesOf(after))];
        const kept = namesOf(before).filter((name) => now.has(name));
        expect(count('removed')).to.equal(before.length - kept.length);
        expect(count('added')).to.equal(after.length - kept.length);
        const order = namesOf(after).filter((name) => old.has(name));
        expect(count('moved')).to.equal(kept.length - longestCommon(kept, order));
        expect(steps.length).to.be.at.most(before.length + 2 * after.length);
      }),
      { numRuns: 500 },
    );
  });

  it('are one move if one row moves, in both directions', () => {
    const rows = [0, 1, 2, 3, 4, 5].map((name) => rowOf([name, 0]));
    const [first, ...rest] = rows as [Row, ...Row[]];
    const last = [...rest, first];
    expect(diffRows(rows, last)).to.deep.equal([{ kind: 'moved', from: 0, to: 5, row: first }]);
    expect(diffRows(last, rows)).to.deep.equal([{ kind: 'moved', from: 5, to: 0, row: first }]);
  });
});

/** The length of the longest list that both have in their order. */
const longestCommon = (one: readonly string[], other: readonly string[]): number => {
  const lengths = Array.from({ length: one.length + 1 }, () => Array(other.length + 1).fill(0) as number[]);
  for (const [i, name] of one.entries())
    for (const [j, another] of other.entries()) {
      const above = lengths[i] as number[];
      const here = lengths[i + 1] as number[];
      here[j + 1] = name === another ? (above[j] as number) + 1 : Math.max(above[j + 1] as number, here[j] as number);
    }
  return lengths.at(-1)?.at(-1) ?? 0;
};
