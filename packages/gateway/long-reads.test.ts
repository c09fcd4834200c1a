import { expect } from 'chai';
import { leavePlace, openLongReads, type Place, takePlace } from './long-reads.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Reads of long streams', () => {
  it('run a few at a time, in the order of arrival, until all have run', async () => {
    const reads = openLongReads();
    const most = reads.free;
    const going: number[] = [];
    const places = Array.from({ length: 3 * most }, (): Place => ({ taken: false }));
    for (const [index, place] of places.entries()) void takePlace(reads, place).then(() => going.push(index));
    await settled();
    expect(going).to.have.length(most);
    for (const [index, place] of places.entries()) {
      expect(going).to.include(index);
      leavePlace(reads, place);
      await settled();
    }
    expect(going).to.deep.equal(places.map((_, index) => index));
    expect(reads).to.deep.equal(openLongReads());
  });

  it('take one place each, even if they ask several times', async () => {
    const reads = openLongReads();
    const place = { taken: false };
    for (let page = 0; page < 10; page += 1) await takePlace(reads, place);
    expect(reads.free).to.equal(openLongReads().free - 1);
    leavePlace(reads, place);
    expect(reads).to.deep.equal(openLongReads());
  });

  it('that stop waiting do not take a place', async () => {
    const reads = openLongReads();
    const first = Array.from({ length: reads.free }, (): Place => ({ taken: false }));
    for (const place of first) await takePlace(reads, place);
    const [late, patient] = [{ taken: false }, { taken: false }];
    void takePlace(reads, late);
    const waited = takePlace(reads, patient);
    leavePlace(reads, late);
    for (const place of first) leavePlace(reads, place);
    await waited;
    expect([late.taken, patient.taken]).to.deep.equal([false, true]);
    leavePlace(reads, patient);
    expect(reads).to.deep.equal(openLongReads());
  });
});
