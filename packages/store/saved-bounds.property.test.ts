import { compareKeys, type Filter, type IndexType, type Key, meetsFilter } from '@muster/model';
import { expect } from 'chai';
import fc from 'fast-check';
import { boundsOf } from './saved-bounds.ts';

const keys: Record<IndexType, fc.Arbitrary<Exclude<Key, null>>> = {
  string: fc.constantFrom('', 'a', 'a\0', 'aa', 'b', '\u{ffff}', '\u{1f600}'),
  number: fc.constantFrom(-Number.MAX_VALUE, -1, -Number.MIN_VALUE, 0, Number.MIN_VALUE, 1, 1 + Number.EPSILON, 1e300),
  boolean: fc.boolean(),
  date: fc.constantFrom(-1, 0, 1, 2).map((ms) => new Date(ms)),
};

const anyCase = fc.constantFrom<IndexType>('string', 'number', 'boolean', 'date').chain((type) =>
  fc.record({
    type: fc.constant(type),
    key: keys[type],
    filters: fc.array(
      fc.record({
        field: fc.constant('f'),
        operator: fc.constantFrom<Filter['operator']>('eq', 'lt', 'lte', 'gt', 'gte'),
        keys: keys[type].map((key) => [key]),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
);

/** What MongoDB does with a condition on a key of the same type. */
const accepts = (bounds: object, key: Key): boolean =>
  Object.entries(bounds).every(([operator, value]) => {
    if (operator === '$in') return value.some((one: Key) => compareKeys(one, key) === 0);
    const compared = compareKeys(key, value === Number.NEGATIVE_INFINITY ? -Number.MAX_VALUE : value);
    return { $eq: compared === 0, $gt: compared > 0, $gte: compared >= 0, $lt: compared < 0 }[operator];
  });

describe('The bounds of filters in the database', () => {
  it('accept the keys that meet the filters, and no others', () =>
    fc.assert(
      fc.property(anyCase, ({ type, key, filters }) => {
        const isMet = filters.every((filter) => meetsFilter(filter, key));
        expect(accepts(boundsOf(type, filters) ?? {}, key)).to.equal(isMet);
      }),
      { numRuns: 3_000 },
    ));

  it('are none for a filter that an index cannot bound', () => {
    for (const operator of ['ne', 'contains', 'startsWith', 'endsWith', 'exists'] as const)
      expect(boundsOf('string', [{ field: 'f', operator, keys: ['a'] }]), operator).to.equal(undefined);
  });
});
