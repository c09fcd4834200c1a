import { expect } from 'chai';
import fc from 'fast-check';
import { type Filter, meetsFilter, operators, periodOperators, rangesOf } from './filter.ts';
import { compareKeys, compareTexts, decodeKey, encodeKey, type Key, keyOf, parseKey } from './index-key.ts';

const anyText = fc.string({ unit: fc.constantFrom('a', 'b', 'z', 'ä', '\u{ffff}', '\u{1f600}'), maxLength: 3 });
const anyPresent: fc.Arbitrary<Exclude<Key, null>> = fc.oneof(
  anyText,
  fc.constantFrom(-1, 0, 1, 2, 2.5),
  fc.boolean(),
  fc.constantFrom(0, 5, 9).map((ms) => new Date(ms)),
);
const anyKey: fc.Arbitrary<Key> = fc.oneof(fc.constant(null), anyPresent);

const anyFilter: fc.Arbitrary<Filter> = fc
  .tuple(
    fc.constantFrom(...operators, ...periodOperators),
    fc.array(anyPresent, { minLength: 1, maxLength: 3 }),
    anyText,
    fc.boolean(),
  )
  .map(([operator, keys, text, is]) => {
    if (operator === 'in') return { field: 'f', operator, keys };
    if (operator === 'within' || operator === 'outside')
      return { field: 'f', operator, keys: keys.flatMap((key) => [key, keys.at(-1) ?? key]) };
    if (operator === 'exists') return { field: 'f', operator, keys: [is] };
    const isOfText = operator === 'contains' || operator === 'startsWith' || operator === 'endsWith';
    return { field: 'f', operator, keys: isOfText ? [text] : keys.slice(0, 1) };
  });

describe('The keys of an index', () => {
  it('have the order of the code points of their texts, as UTF-8 has', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (one, other) => {
        const expected = Buffer.compare(Buffer.from(one), Buffer.from(other));
        expect(Math.sign(compareTexts(one, other))).to.equal(expected);
      }),
    ));

  it('have one order: of two, and of three', () =>
    fc.assert(
      fc.property(anyKey, anyKey, anyKey, (one, two, three) => {
        expect(Math.sign(compareKeys(one, two))).to.equal(-Math.sign(compareKeys(two, one)) + 0);
        if (compareKeys(one, two) <= 0 && compareKeys(two, three) <= 0)
          expect(compareKeys(one, three)).to.be.at.most(0);
      }),
    ));

  it('have missing values first, and values without an order with them', () => {
    for (const value of [undefined, null, Number.NaN, Number.POSITIVE_INFINITY, [], {}, new Date(Number.NaN)])
      expect(keyOf(value)).to.equal(null);
    const sorted = [null, -1, 0, '', 'b', false, true, new Date(0)];
    expect([...sorted].reverse().sort(compareKeys)).to.deep.equal(sorted);
  });

  it('pass through JSON unchanged', () =>
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(decodeKey(JSON.parse(JSON.stringify(encodeKey(key))))).to.deep.equal(key);
      }),
    ));

  it('are read from text by their type, and from nothing else', () => {
    expect(parseKey('number', '-0.5')).to.equal(-0.5);
    for (const text of ['', ' 1', '0x10', '1e999', 'NaN', '1_000', '٣', '01'])
      expect(parseKey('number', text), text).to.equal(undefined);
    expect(parseKey('boolean', 'true')).to.equal(true);
    expect(parseKey('boolean', '1')).to.equal(undefined);
    expect(parseKey('date', '2026-01-31')).to.deep.equal(new Date('2026-01-31T00:00:00Z'));
    expect(parseKey('date', '31.1.2026')).to.equal(undefined);
    expect(parseKey('string', '\ud800')).to.equal(undefined);
  });
});

describe('The ranges of filters', () => {
  it('have all keys that meet the filters, and no others if they are exact', () =>
    fc.assert(
      fc.property(
        fc.array(anyFilter, { minLength: 1, maxLength: 3 }),
        fc.array(anyKey, { maxLength: 30 }),
        (filters, keys) => {
          const found = rangesOf(filters);
          if (!found) return;
          for (const key of keys) {
            const inside = found.ranges.filter(({ isBelow, isAbove }) => !isBelow(key) && !isAbove(key)).length;
            const isMet = filters.every((filter) => meetsFilter(filter, key));
            if (isMet) expect(inside, String(key)).to.equal(1);
            else if (found.isExact) expect(inside, String(key)).to.equal(0);
          }
        },
      ),
      { numRuns: 2_000 },
    ));

  it('lie in one piece of the order, one behind the other', () =>
    fc.assert(
      fc.property(fc.array(anyFilter, { minLength: 1, maxLength: 3 }), fc.array(anyKey), (filters, keys) => {
        const sorted = [...keys].sort(compareKeys);
        for (const { isBelow, isAbove } of rangesOf(filters)?.ranges ?? []) {
          const below = sorted.map(isBelow);
          const above = sorted.map(isAbove);
          expect(below).to.deep.equal([...below].sort().reverse()); // true up to a point
          expect(above).to.deep.equal([...above].sort()); // true from a point on
        }
      }),
    ));
});
