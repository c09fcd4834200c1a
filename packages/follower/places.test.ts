import { expect } from 'chai';
import { inPlace, openPlaces } from './places.ts';

describe('Places for work', () => {
  it('are taken in order, by so many at once, and are free again also after a failure', async () => {
    const places = openPlaces(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const works = [0, 1, 2, 3].map((number) =>
      inPlace(places, async () => {
        begun.push(number);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (number === 1) throw new Error('it failed');
        return number;
      }).catch(() => 'failed'),
    );
    await immediately();
    expect(begun).to.deep.equal([0, 1]);
    ends[1]?.();
    await immediately();
    expect(begun).to.deep.equal([0, 1, 2]);
    for (let end = ends.shift(); end; end = ends.shift()) {
      end();
      await immediately();
    }
    expect(await Promise.all(works)).to.deep.equal([0, 'failed', 2, 3]);
    expect(places).to.deep.equal({ free: 2, waiting: [] });
  });
});

const immediately = () => new Promise<void>((resolve) => setImmediate(resolve));
