import { expect } from 'chai';
import fc from 'fast-check';
import { MongoServerError } from 'mongodb';
import { type Stretch, walkWindows } from './walk-windows.ts';

const inStretch = (times: readonly number[], { from, to }: Stretch) => times.filter((at) => at >= from && at < to);

describe('A walk by windows of time', () => {
  it('finds the first rows in both directions, however they lie, though no window may have many', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat(100), fc.nat(1_000_000_000))),
        fc.nat(20),
        fc.boolean(),
        async (unsorted, limit, descending) => {
          const times = [...unsorted].sort((one, other) => (descending ? other - one : one - other));
          const whole = { from: 5, to: 900_000_000 };
          const rows = await walkWindows(whole, {
            ...{ descending, limit },
            read: async (stretch, left) => {
              const found = inStretch(times, stretch);
              const isTooMany = found.length > 3 && stretch.to - stretch.from > 1;
              if (isTooMany) throw new MongoServerError({ message: 'too slow', code: 50 });
              return found.slice(0, left);
            },
          });
          expect(rows).to.deep.equal(inStretch(times, whole).slice(0, limit));
        },
      ),
    ));

  it('needs few windows for things that are far away', async () => {
    let windows = 0;
    const read = async ({ from, to }: Stretch) => {
      windows += 1;
      return from <= 1e12 && 1e12 < to ? ['found'] : [];
    };
    expect(await walkWindows({ from: 0, to: 2e12 }, { descending: false, limit: 1, read })).to.deep.equal(['found']);
    expect(windows).to.be.below(20);
  });
});
