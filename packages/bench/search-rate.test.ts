import { expect } from 'chai';
import { highestMet, nextRate, type Tried } from './search-rate.ts';

const search = (limit: number): Tried[] => {
  const tried: Tried[] = [];
  for (let next = nextRate(tried); next !== undefined; next = nextRate(tried))
    tried.push({ perSecond: next, isMet: next <= limit });
  return tried;
};

describe('The search for the highest rate', () => {
  it('doubles the rate, then halves the distance', () =>
    expect(search(2_600).map(({ perSecond }) => perSecond)).to.deep.equal([
      ...[500, 1_000, 2_000, 4_000],
      ...[3_000, 2_500, 2_800, 2_700],
    ]));
  for (const limit of [100, 730, 4_000, 9_999, 50_000])
    it(`finds ${limit}/s to within 10 %, or 100/s`, () => {
      const found = highestMet(search(limit)) ?? 0;
      expect(found).to.be.within(limit - Math.max(100, limit / 10) - 1, limit);
    });
  it('finds nothing when no rate is met', () => expect(highestMet(search(0))).to.equal(undefined));
  it('ends, whatever is met', () => expect(search(Number.POSITIVE_INFINITY).length).to.be.below(20));
});
