import { expect } from 'chai';
import fc from 'fast-check';
import { type Window, walkWindows } from './walk-windows.ts';

const inWindow = (times: readonly number[], { from, to }: Window) => times.filter((at) => at >= from && at < to);

describe('A walk by windows of time', () => {
  it('finds the first rows in both directions, however they lie', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat(100), fc.nat(1_000_000_000))),
        fc.nat(20),
        fc.boolean(),
        fc.oneof(fc.constantFrom(5, 900_000_000), fc.nat(900_000_000)),
        async (unsorted, limit, descending, split) => {
          const times = [...unsorted].sort((one, other) => (descending ? other - one : one - other));
          const stretch = { from: 5, late: Math.max(5, split), to: 900_000_000 };
          const read = async (window: Window, left: number) => inWindow(times, window).slice(0, left);
          const rows = await walkWindows(stretch, { descending, limit, read });
          expect(rows).to.deep.equal(inWindow(times, stretch).slice(0, limit));
        },
      ),
    ));

  it('reads no more than a few times what a page has, at every depth', async () => {
    const times = Array.from({ length: 20_000 }, (_, at) => 1_000 * at);
    for (const from of [0, 10_000_000, 19_000_000]) {
      let found = 0;
      const read = async (window: Window, left: number) => {
        const all = inWindow(times, window);
        found += all.length;
        return all.slice(0, left);
      };
      const stretch = { from, late: 20_000_000, to: 30_000_000 };
      expect(await walkWindows(stretch, { descending: false, limit: 100, read })).to.have.length(100);
      expect(found).to.be.below(500);
    }
  });
});
