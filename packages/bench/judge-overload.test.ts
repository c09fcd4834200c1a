import { expect } from 'chai';
import { judgeOverload } from './judge-overload.ts';
import type { Slice } from './load-spec.ts';

const slice = (given: Partial<Slice>): Slice => ({ due: 10, good: 10, refused: 0, failed: 0, mostMs: 5, ...given });
const times = (count: number, given: Partial<Slice>) => Array.from({ length: count }, () => slice(given));

describe('An overload', () => {
  const overload = times(10, { good: 6, refused: 4, mostMs: 900 });
  it('is judged by its longest answer, its good answers and its refusals', () =>
    expect(judgeOverload([...overload, ...times(10, {})], 1_000)).to.deep.equal({
      ...{ longestMs: 900, goodPerSecond: 60, refusedShare: 0.4, backToNormalMs: 0 },
    }));
  it('is over when some slices in a row are normal', () => {
    const after = [...times(2, { mostMs: 700 }), ...times(3, {}), ...times(1, { good: 9 }), ...times(8, {})];
    expect(judgeOverload([...overload, ...after], 1_000).backToNormalMs).to.equal(600);
  });
  it('may never be over', () =>
    expect(judgeOverload([...overload, ...times(10, { mostMs: 30 })], 1_000).backToNormalMs).to.equal(
      Number.POSITIVE_INFINITY,
    ));
});
