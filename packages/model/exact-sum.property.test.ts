import { expect } from 'chai';
import fc from 'fast-check';
import { addNumber, addSum, averageOf, decodeSum, type ExactSum, encodeSum, numberOf, openSum } from './exact-sum.ts';

const sumOf = (values: readonly number[]): ExactSum => {
  const sum = openSum();
  for (const value of values) addNumber(sum, value);
  return sum;
};

/** A number as an integer, in units of the least positive number. */
const unitsOf = (value: number): bigint => {
  let [rest, shift] = [Math.abs(value), 0n];
  for (; rest !== 0 && rest < 2 ** 52; rest *= 2) shift += 1n;
  for (; rest >= 2 ** 53; rest /= 2) shift -= 1n;
  const units = shift > 1_074n ? BigInt(rest) >> (shift - 1_074n) : BigInt(rest) << (1_074n - shift);
  return value < 0 ? -units : units;
};

const neighbours = (value: number): number[] => {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const own = bits.getBigInt64(0);
  return [own - 1n, own + 1n].map((one) => {
    bits.setBigInt64(0, one);
    return bits.getFloat64(0);
  });
};

const far = (one: bigint, other: bigint): bigint => (one > other ? one - other : other - one);

const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -1_000, max: 1_000 }),
  fc.integer(),
  fc.constantFrom(0.1, 0.2, 0.3, 2 ** 53, -(2 ** 53), Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, 1e300),
);

describe('An exact sum', () => {
  it('is the nearest number to what its parts sum up to', () =>
    fc.assert(
      fc.property(fc.array(anyNumber, { maxLength: 20 }), (values) => {
        const all = values.reduce((sum, value) => sum + unitsOf(value), 0n);
        const found = numberOf(sumOf(values));
        const most = unitsOf(Number.MAX_VALUE);
        if (!Number.isFinite(found)) {
          expect(all > most || all < -most).to.equal(true);
          return;
        }
        for (const other of neighbours(found))
          if (Number.isFinite(other))
            expect(far(unitsOf(found), all) <= far(unitsOf(other), all), `${values}`).to.equal(true);
      }),
      { numRuns: 2_000 },
    ));

  it('does not depend on the order of its parts, and forgets a part that comes and goes', () =>
    fc.assert(
      fc.property(fc.array(anyNumber, { maxLength: 10 }), fc.array(anyNumber, { maxLength: 10 }), (kept, gone) => {
        const sum = sumOf([...gone, ...kept.toReversed()]);
        for (const value of gone) addNumber(sum, -value);
        expect(numberOf(sum)).to.equal(numberOf(sumOf(kept)) + 0);
        const both = sumOf(kept);
        addSum(both, sumOf(gone));
        expect(numberOf(both)).to.equal(numberOf(sumOf([...gone, ...kept])));
        expect(decodeSum(JSON.parse(JSON.stringify(encodeSum(both))))).to.deep.equal(both);
      }),
    ));

  it('has an average also where it is too large for a number', () => {
    expect(averageOf(sumOf([1, 2]), 2)).to.equal(1.5);
    expect(averageOf(sumOf([Number.MAX_VALUE, Number.MAX_VALUE, 0.5]), 2)).to.equal(Number.MAX_VALUE);
    expect(averageOf(sumOf([-1e308, -1e308, -1e308, -1e308]), 4)).to.equal(-1e308);
  });

  it('is decoded from nothing else', () => {
    for (const wrong of [null, [], ['1'], [0.5], [1, 'g', 0], [1, 'ff', 1], [1, 'ff', -2_000], [1, '-', 0]])
      expect(() => decodeSum(wrong), JSON.stringify(wrong)).to.throw(RangeError);
  });
});
