import { note } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { addId, addLoose, openSortedIds, removeId, sliceIds } from './sorted-ids.ts';
import { addThing, findThing, idOf, openThings } from './things.ts';

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
          const things = openThings();
          const ids = openSortedIds(things);
          const set = new Set<string>();
          for (const { kind, id } of steps) {
            const isNew = !set.has(id);
            if (kind === 'remove') set.delete(id);
            else set.add(id);
            const found = findThing(things, note.name, id);
            const number = found < 0 ? addThing(things, note, id) : found;
            if (kind === 'remove') removeId(ids, number);
            else if (kind === 'addLoose' && isNew) addLoose(ids, number);
            else addId(ids, number);
          }
          const expected = [...set].sort();
          expect(ids.size).to.equal(expected.length);
          const sliced = (from: number, many: number) =>
            sliceIds(ids, from, many).map((number) => idOf(things, number));
          expect(sliced(0, Number.POSITIVE_INFINITY)).to.deep.equal(expected);
          expect(sliced(offset, limit)).to.deep.equal(expected.slice(offset, offset + limit));
        },
      ),
      { numRuns: 40 },
    ));

  it('are kept in pieces of at most 512', () => {
    const things = openThings();
    const ids = openSortedIds(things);
    for (let n = 0; n < 20_000; n += 1)
      addId(ids, addThing(things, note, String((n * 7_919) % 20_000).padStart(6, '0')));
    expect(Math.max(...ids.pieces.map(({ size }) => size))).to.be.at.most(512);
    expect(ids.size).to.equal(20_000);
  });

  it('fill their pieces when ids only rise', () => {
    const things = openThings();
    const ids = openSortedIds(things);
    for (let n = 0; n < 2_048; n += 1) addId(ids, addThing(things, note, String(n).padStart(6, '0')));
    expect(ids.pieces.map(({ size }) => size)).to.deep.equal([512, 512, 512, 512]);
  });
});
