import { expect } from 'chai';
import { inPlace, openPlaces } from './places.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Work that ends when the test says so. */
const openWork = () => {
  const ends: (() => void)[] = [];
  const work = () => new Promise<string>((resolve) => ends.push(() => resolve('done')));
  return { ends, work };
};

describe('Places for expensive reads', () => {
  it('let a few run at once, and the others in the order of arrival', async () => {
    const places = openPlaces(2, 10);
    const { ends, work } = openWork();
    const results = Array.from({ length: 5 }, () => inPlace(places, 60_000, work));
    for (let ended = 0; ended < 5; ended += 1) {
      await settled();
      expect(ends).to.have.length(Math.min(5, ended + 2));
      ends[ended]?.();
    }
    expect(await Promise.all(results)).to.deep.equal(Array.from({ length: 5 }, () => 'done'));
    expect(places).to.deep.equal(openPlaces(2, 10));
  });

  it('refuse at once when too many wait', async () => {
    const places = openPlaces(1, 1);
    const { ends, work } = openWork();
    const running = [inPlace(places, 60_000, work), inPlace(places, 60_000, work)];
    expect(await inPlace(places, 60_000, work)).to.equal(undefined);
    for (const _ of running) {
      await settled();
      ends.shift()?.();
    }
    expect(await Promise.all(running)).to.deep.equal(['done', 'done']);
    expect(places).to.deep.equal(openPlaces(1, 1));
  });

  it('refuse after the deadline of one that waits, and never run it', async () => {
    const places = openPlaces(1, 1);
    const { ends, work } = openWork();
    const running = inPlace(places, 60_000, work);
    expect(await inPlace(places, 1, work)).to.equal(undefined);
    ends[0]?.();
    await running;
    expect(ends).to.have.length(1);
    expect(places).to.deep.equal(openPlaces(1, 1));
  });

  it('are free again after work that throws', async () => {
    const places = openPlaces(1, 0);
    const failure = await inPlace(places, 60_000, () => Promise.reject(new Error('no'))).catch(
      (error) => error.message,
    );
    expect([failure, places]).to.deep.equal(['no', openPlaces(1, 0)]);
  });

  it('tell the work how much of its time is left', async () => {
    const left = await inPlace(openPlaces(1, 0), 1_000, async (leftMs) => leftMs());
    expect(left).to.be.within(1, 1_000);
  });
});
