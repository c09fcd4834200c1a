import { at } from '@muster/testing';
import { expect } from 'chai';
import { lagEventsOf, lagSecondsOf, openSite } from './follower.ts';

const stored = { _id: 'https://lima', addedAt: at(1), events: 7, adopted: 3, refused: 1 };

describe('A site that is followed', () => {
  it('begins at the first event if it was never read', () => {
    const site = openSite(stored, undefined, 'key');
    expect(site).to.deep.include({ url: 'https://lima', key: 'key', position: undefined, events: 0, isCurrent: false });
    expect(openSite(stored, 'log-1', undefined).position).to.equal(undefined);
  });

  it('goes on behind its position, but only in the log that has what was adopted', () => {
    const known = { ...stored, name: 'lima', log: 'log-1', position: 'p7', rereads: 2 };
    expect(openSite(known, 'log-1', undefined)).to.deep.include({
      name: 'lima',
      position: 'p7',
      events: 7,
      rereads: 2,
    });
    for (const other of ['log-2', undefined])
      expect(openSite(known, other, undefined), other).to.deep.include({ position: undefined, events: 0, adopted: 3 });
  });

  it('lags by the events that were not read yet, if it says how many it has', () => {
    const site = openSite({ ...stored, log: 'log-1', position: 'p7' }, 'log-1', undefined);
    expect(lagEventsOf(site)).to.equal(undefined);
    expect(lagEventsOf({ ...site, there: 10 })).to.equal(3);
    expect(lagEventsOf({ ...site, there: 5 })).to.equal(0); // events come twice, or came since it was asked
    expect(lagEventsOf({ ...site, there: 10, isCurrent: true })).to.equal(0);
  });

  it('lags since it was read last, or was added, also after a restart of the follower', () => {
    const ago = (seconds: number) => new Date(Date.now() - 1_000 * seconds);
    const added = openSite({ ...stored, addedAt: ago(300) }, undefined, undefined);
    expect(lagSecondsOf(added)).to.be.closeTo(300, 5);
    const read = openSite({ ...stored, addedAt: ago(300), readAt: ago(60) }, undefined, undefined);
    expect(lagSecondsOf(read)).to.be.closeTo(60, 5);
    expect(lagSecondsOf(openSite({ ...stored, addedAt: ago(-300) }, undefined, undefined))).to.be.closeTo(0, 5);
  });

  it('lags since all that it had was adopted', () => {
    const site = openSite(stored, undefined, undefined);
    expect(lagSecondsOf(site, site.currentAt + 1_500)).to.be.closeTo(1.5, 1e-9);
    expect(lagSecondsOf({ ...site, isCurrent: true }, site.currentAt + 1_500)).to.equal(0);
    expect(lagSecondsOf({ ...site, currentAt: 1_000 }, 4_000)).to.equal(3);
  });
});
