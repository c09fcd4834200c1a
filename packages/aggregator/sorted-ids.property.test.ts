import { expect } from 'chai';
import fc from 'fast-check';
import { addId, addLoose, openSortedIds, removeId, sliceIds } from './sorted-ids.ts';

const step = fc.record({
  kind: fc.constantFrom('add' as const, 'addLoose' as const, 'remove' as const),
  id: fc.integer({ min: 0, max: 3_000 }).map((n) => `id-${n}`),
});

describe('Sorted ids', () => {
  it('equal a sorted set after any additions and removals', () =>
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 3_000, size: 'max' }),
        fc.nat(3_000),
        fc.integer({ min: 1, max: 200 }),
        (steps, offset, limit) => {
          const ids = openSortedIds();
          const set = new Set<string>();
          for (const { kind, id } of steps) {
            const isNew = !set.has(id);
            if (kind === 'remove') set.delete(id);
            else set.add(id);
            if (kind === 'remove') removeId(ids, id);
            else if (kind === 'addLoose' && isNew) addLoose(ids, id);
            else addId(ids, id);
          }
          const expected = [...set].sort();
          expect(ids.size).to.equal(expected.length);
          expect(sliceIds(ids, 0, Number.POSITIVE_INFINITY)).to.deep.equal(expected);
          expect(sliceIds(ids, offset, limit)).to.deep.equal(expected.slice(offset, offset + limit));
        },
      ),
      { numRuns: 40 },
    ));

  it('are kept in pieces of at most 512', () => {
    const ids = openSortedIds();
    for (let n = 0; n < 20_000; n += 1) addId(ids, String((n * 7_919) % 20_000).padStart(6, '0'));
    expect(Math.max(...ids.pieces.map((piece) => piece.length))).to.be.at.most(512);
    expect(ids.size).to.equal(20_000);
  });
});
