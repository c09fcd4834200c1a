import { compareKeys, type Key, type SortKey } from '@muster/model';
import { note, storedNote } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { firstRows } from './first-rows.ts';
import { ordersFor } from './query-partition.ts';
import { applyEvent, growOrder, openTable, type Partition } from './table.ts';
import { idOf } from './things.ts';

const numbers = [0, 1, 2, 3, 4];
const entities = new Map([[note.name, note]]);

/** Things in the partitions: for each one its partition and its stars. */
const openFilled = (things: readonly (readonly [number, number])[]): Partition[] => {
  const table = openTable(numbers);
  for (const [n, [partition, stars]] of things.entries()) {
    const data = { text: 'one', stars };
    const event = storedNote({ type: 'NoteCreated', version: 1, data }, { entityId: `n${n}`, partition });
    applyEvent(table, entities, event, undefined);
  }
  for (const partition of table.values()) growOrder(partition, note, things.length, 'stars');
  return [...table.values()];
};

const run = <Result>(work: Generator<void, Result>): { value: Result; steps: number } => {
  for (let steps = 1; ; steps += 1) {
    const { done, value } = work.next();
    if (done) return { value, steps };
  }
};

const byId: SortKey = { field: 'id', descending: false };

describe('The first things of several partitions', () => {
  it('are those of a naive evaluation, however the things are distributed', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...numbers, 0, 0, 0, 0, 0), fc.nat(30)), { maxLength: 400, size: 'max' }),
        fc.record({ descending: fc.boolean(), limit: fc.constantFrom(1, 3, 40, 300), least: fc.nat(15) }),
        (things, { descending, limit, least }) => {
          const partitions = openFilled(things);
          const sort = [{ field: 'stars', descending }, byId];
          const filters = [{ field: 'stars', operator: 'gte' as const, keys: [least] }];
          expect(ordersFor({ filters, sort })).to.deep.equal(['stars']);
          const expected = things
            .map(([, stars], n): Key[] => [stars, `n${n}`])
            .filter(([stars]) => (stars as number) >= least)
            .sort(([one, id = ''], [other, otherId = '']) => {
              const compared = compareKeys(one ?? null, other ?? null);
              return (descending ? -compared : compared) || compareKeys(id, otherId);
            });
          const { value: rows } = run(firstRows(partitions, note, { filters, sort, limit, after: undefined }));
          expect(rows.map(({ keys }) => keys)).to.deep.equal(expected.slice(0, limit + 1));
          expect(rows.map(({ number, partition }) => idOf(partition.things, number))).to.deep.equal(
            rows.map(({ keys }) => keys[1]),
          );
          const after = rows[0]?.keys;
          if (after === undefined) return;
          const { value: next } = run(firstRows(partitions, note, { filters, sort, limit, after }));
          expect(next.map(({ keys }) => keys)).to.deep.equal(expected.slice(1, limit + 2));
        },
      ),
      { numRuns: 200 },
    ));

  it('are all in one partition, and are found in few steps there', () => {
    const partitions = openFilled(Array.from({ length: 3_000 }, (_, n) => [n % 5, n % 5 === 3 ? 0 : 1]));
    const sort = [{ field: 'stars', descending: false }, byId];
    const { value: rows, steps } = run(
      firstRows(partitions, note, { filters: [], sort, limit: 500, after: undefined }),
    );
    expect(rows).to.have.length(501);
    expect(new Set(rows.map(({ partition }) => partition.number))).to.deep.equal(new Set([3]));
    expect(steps).to.be.below(40);
  });
});
