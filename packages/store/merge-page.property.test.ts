import { expect } from 'chai';
import fc from 'fast-check';
import { mergePage } from './merge-page.ts';

const anyPlace = fc.record({ wasActive: fc.boolean(), isActive: fc.boolean(), isChanged: fc.boolean() });

/** Ids in order, each active or not in the snapshot and now; what did not change is now as it was. */
const anyThings = fc.array(anyPlace, { maxLength: 30 }).map((places) =>
  places.map(({ wasActive, isActive, isChanged }, index) => ({
    id: `id-${String(index).padStart(2, '0')}`,
    wasActive,
    isActive: isChanged ? isActive : wasActive,
    isChanged,
  })),
);

describe('A page of a snapshot with its changes laid over', () => {
  it('is the slice of the list of all, wherever it begins and ends', () =>
    fc.assert(
      fc.property(
        anyThings,
        fc.nat(32),
        fc.integer({ min: 1, max: 32 }),
        fc.nat(5),
        fc.nat(5),
        (things, offset, limit, earlier, more) => {
          const changed = things.filter(({ isChanged }) => isChanged);
          const snapshot = things.filter(({ wasActive }) => wasActive).map(({ id }) => id);
          const skipped = Math.max(0, offset - changed.length - earlier); // at most as far as it may, or less
          const take = limit + 2 * changed.length + earlier + more;
          const base = snapshot.slice(skipped, skipped + take);
          const page = mergePage({ base, skipped, changed, offset, limit });
          const active = things.filter(({ isActive }) => isActive).map(({ id }) => id);
          expect(page).to.deep.equal(active.slice(offset, offset + limit));
        },
      ),
      { numRuns: 3_000 },
    ));

  it('without changes is the slice of the snapshot', () => {
    const input = { base: ['b', 'c'], skipped: 1, changed: [], offset: 1, limit: 1 };
    expect(mergePage(input)).to.deep.equal(['b']);
    expect(mergePage({ ...input, offset: 2, limit: 9 })).to.deep.equal(['c']);
    expect(mergePage({ ...input, offset: 3, limit: 9 })).to.deep.equal([]);
  });

  it('of an empty snapshot holds what came since', () => {
    const changed = ['c', 'a', 'b'].map((id) => ({ id, wasActive: false, isActive: true }));
    expect(mergePage({ base: [], skipped: 0, changed, offset: 0, limit: 2 })).to.deep.equal(['a', 'b']);
    expect(mergePage({ base: [], skipped: 0, changed, offset: 2, limit: 2 })).to.deep.equal(['c']);
  });
});
