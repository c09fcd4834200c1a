import { expect } from 'chai';
import { judgeOverload } from './judge-overload.ts';
import type { Slice } from './load-spec.ts';

const slice = (given: Partial<Slice>): Slice => ({
  ...{ due: 10, good: 10, refused: 0, failed: 0, mostMs: 5, inTime: 10, unsentMs: 0, connectMs: 1, answerMs: 4 },
  ...given,
});
const times = (count: number, given: Partial<Slice>) => Array.from({ length: count }, () => slice(given));

describe('An overload', () => {
  const times2 = { beforeMs: 1_000, overloadMs: 1_000 };
  const before = times(10, {});
  const overload = times(10, { good: 6, inTime: 5, refused: 4, mostMs: 900, connectMs: 600, answerMs: 300 });
  const judged = (after: Slice[], first = before) => judgeOverload([...first, ...overload, ...after], times2);
  it('is judged by its longest answer, its good answers in time and its refusals', () =>
    expect(judged(times(10, {}))).to.deep.equal({
      ...{ unsentMs: 0, connectMs: 600, answerMs: 300 },
      ...{ longestMs: 900, goodPerSecond: 50, refusedShare: 0.4, normalMs: 25, backToNormalMs: 0 },
    }));
  it('is over when some slices in a row are normal', () => {
    const after = [...times(2, { mostMs: 700 }), ...times(3, {}), ...times(1, { good: 9 }), ...times(8, {})];
    expect(judged(after).backToNormalMs).to.equal(600);
  });
  it('may never be over', () =>
    expect(judged(times(10, { mostMs: 30 })).backToNormalMs).to.equal(Number.POSITIVE_INFINITY));
  it('is over when answers take as long as before it', () => {
    const slow = times(10, { mostMs: 60 });
    expect(judged(times(10, { mostMs: 50 }), slow)).to.include({ normalMs: 60, backToNormalMs: 0 });
  });
});
