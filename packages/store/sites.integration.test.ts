import { at, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { addSite, listSites, noteSite, removeSite, rereadSite } from './sites.ts';

const deadlineMs = 5_000;
const [lima, oslo] = ['https://lima', 'https://oslo'];
const read = { name: 'lima', log: 'log-1', position: 'p7', events: 7, adopted: 3, refused: 1, readAt: at(2) };

describe('The list of sites', () => {
  it('has each site once, in the order of their addresses, and keeps when it was added', async () => {
    await using log = await openTestLog();
    expect(await listSites(log, deadlineMs)).to.deep.equal([]);
    expect(await addSite(log, oslo, at(1), deadlineMs)).to.equal(true);
    expect(await addSite(log, lima, at(2), deadlineMs)).to.equal(true);
    expect(await addSite(log, oslo, at(3), deadlineMs)).to.equal(false);
    expect(await listSites(log, deadlineMs)).to.deep.equal([
      { _id: lima, addedAt: at(2), events: 0, adopted: 0, refused: 0 },
      { _id: oslo, addedAt: at(1), events: 0, adopted: 0, refused: 0 },
    ]);
  });

  it('shows how far a site was read, also after somebody adds it again', async () => {
    await using log = await openTestLog();
    await addSite(log, lima, at(1), deadlineMs);
    await noteSite(log, { url: lima, addedAt: at(1), rereads: 0 }, { ...read, problem: 'away' }, deadlineMs);
    await noteSite(log, { url: lima, addedAt: at(1), rereads: 0 }, { ...read, problem: null }, deadlineMs);
    await addSite(log, lima, at(2), deadlineMs);
    expect(await listSites(log, deadlineMs)).to.deep.equal([{ _id: lima, addedAt: at(1), ...read, problem: null }]);
  });

  it('keeps no position that a note is without: it was of another log', async () => {
    await using log = await openTestLog();
    await addSite(log, lima, at(1), deadlineMs);
    await noteSite(log, { url: lima, addedAt: at(1), rereads: 0 }, read, deadlineMs);
    await noteSite(log, { url: lima, addedAt: at(1), rereads: 0 }, { log: 'log-2', problem: 'away' }, deadlineMs);
    const [site] = await listSites(log, deadlineMs);
    expect(site).to.include({ log: 'log-2', problem: 'away' }).and.not.have.property('position');
  });

  it('loses a site that is removed, and a late note does not bring it back', async () => {
    await using log = await openTestLog();
    await addSite(log, lima, at(1), deadlineMs);
    await addSite(log, oslo, at(1), deadlineMs);
    expect(await removeSite(log, lima, deadlineMs)).to.equal(true);
    expect(await removeSite(log, lima, deadlineMs)).to.equal(false);
    await noteSite(log, { url: lima, addedAt: at(1), rereads: 0 }, read, deadlineMs);
    expect((await listSites(log, deadlineMs)).map(({ _id }) => _id)).to.deep.equal([oslo]);
    await addSite(log, lima, at(2), deadlineMs);
    await noteSite(log, { url: lima, addedAt: at(1), rereads: 0 }, read, deadlineMs);
    const [again] = await listSites(log, deadlineMs);
    expect(again, 'it is read from its first event').to.deep.equal({
      ...{ _id: lima, addedAt: at(2), events: 0, adopted: 0, refused: 0 },
    });
  });

  it('lets a site be read from its first event, whatever a follower notes that does not know of it yet', async () => {
    await using log = await openTestLog();
    await addSite(log, lima, at(1), deadlineMs);
    await noteSite(log, { url: lima, addedAt: at(1), rereads: 0 }, read, deadlineMs);
    expect(await rereadSite(log, lima, deadlineMs)).to.equal(true);
    expect(await rereadSite(log, oslo, deadlineMs)).to.equal(false);
    const anew = { events: 0, adopted: 0, refused: 0, name: 'lima', readAt: at(2), rereads: 1 };
    expect(await listSites(log, deadlineMs)).to.deep.equal([{ _id: lima, addedAt: at(1), ...anew }]);
    await noteSite(log, { url: lima, addedAt: at(1), rereads: 0 }, read, deadlineMs);
    expect(await listSites(log, deadlineMs)).to.deep.equal([{ _id: lima, addedAt: at(1), ...anew }]);
    await noteSite(log, { url: lima, addedAt: at(1), rereads: 1 }, read, deadlineMs);
    expect(await listSites(log, deadlineMs)).to.deep.equal([{ _id: lima, addedAt: at(1), ...read, rereads: 1 }]);
    await rereadSite(log, lima, deadlineMs);
    expect((await listSites(log, deadlineMs))[0]?.rereads).to.equal(2);
  });
});
