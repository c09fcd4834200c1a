import type { SortKey } from '@muster/model';
import { expect } from 'chai';
import fc from 'fast-check';
import { unansweredIn } from './ask-in-memory.ts';
import { mergeParts, openQueryParts, takeQueried } from './query-parts.ts';

const sort: SortKey[] = [
  { field: 'stars', descending: true },
  { field: 'id', descending: false },
];

const anyThings = fc.uniqueArray(
  fc.tuple(
    fc.nat(3),
    fc.nat(99).map((n) => `id-${String(n).padStart(2, '0')}`),
  ),
  {
    selector: ([, id]) => id,
  },
);

const inOrder = (things: readonly [number, string][]) =>
  [...things].sort(([a, id], [b, other]) => b - a || (id < other ? -1 : 1));

describe('The parts of a query', () => {
  it('are merged into the page that one sorted list would have', () =>
    fc.assert(
      fc.property(
        anyThings,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 20 }),
        (things, count, limit) => {
          const parts = Array.from({ length: count }, (_, part) => {
            const own = inOrder(things.filter((_, at) => at % count === part));
            const items = own.slice(0, limit).map((keys) => ({ keys, json: keys[1] }));
            return { items, more: own.length > limit };
          });
          const { items, more } = mergeParts(parts, sort, limit);
          expect(items.map(({ json }) => json)).to.deep.equal(
            inOrder(things)
              .slice(0, limit)
              .map(([, id]) => id),
          );
          expect(more).to.equal(things.length > limit);
        },
      ),
    ));

  it('end where a part ends that has more, so that the next page misses nothing', () => {
    const item = (stars: number, id: string) => ({ keys: [stars, id], json: id });
    const parts = [
      { items: [item(9, 'a'), item(5, 'c')], more: true },
      { items: [item(7, 'b'), item(3, 'e'), item(1, 'f')], more: false },
    ];
    const { items, more } = mergeParts(parts, sort, 10);
    expect([items.map(({ json }) => json), more]).to.deep.equal([['a', 'b', 'c'], true]);
  });

  it('count each partition once, whoever answers for it', () => {
    const parts = openQueryParts();
    const answer = { kind: 'queried', keys: [[1, 'a']], sizes: [2], more: false, total: 1, behind: false } as const;
    const answered = (partitions: number[], lagMs: number) => ({
      ...answer,
      partitions,
      lagMs,
      keys: [[1, 'a']],
      sizes: [2],
      stale: [],
    });
    takeQueried(parts, 'aggregator-0', answered([0, 2], 5), '{}');
    takeQueried(parts, 'aggregator-1', answered([2, 3], 9), '{}');
    expect(unansweredIn(parts.answered, 4)).to.deep.equal([1, 3]);
    expect([parts.total, parts.parts.length, parts.about.lagMs]).to.deep.equal([1, 1, 5]);
  });
});
