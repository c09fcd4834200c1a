import { openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { databaseNow, openClock } from './database-clock.ts';
import { joinMembers } from './members.ts';
import { handlesOf } from './open-log.ts';
import { readCluster } from './read-cluster.ts';

const deadlineMs = 5_000;
const settings = { _id: 'muster' as const, schema: 1, partitions: 4, hash: 'test' };
const memberOf = (name: string) => ({
  ...{ _id: name, incarnation: 'a', beat: 'a:1', startedAt: new Date(0), address: '127.0.0.1:1', healthPort: 1 },
  ...{ state: 'serving' as const, partitions: [0], warming: [] },
});

describe('Reading what all processes share', function () {
  this.timeout(60_000);

  it("returns settings, members and the database's time, also with an aggregator named as the settings", async () => {
    await using log = await openTestLog();
    await handlesOf(log).settings.replaceOne({ _id: 'muster' }, settings, { upsert: true });
    for (const name of ['aggregator-0', 'muster']) await joinMembers(log, memberOf(name), deadlineMs);
    const clock = openClock(0);
    const before = performance.now();
    const cluster = await readCluster(log, clock, deadlineMs);
    expect(cluster.settings).to.deep.equal(settings);
    expect(cluster.members.map(({ _id }) => _id)).to.have.members(['aggregator-0', 'muster']);
    expect(cluster.members[0]).to.deep.include(memberOf(cluster.members[0]?._id ?? ''));
    for (const { heartbeatAt } of cluster.members) expect(heartbeatAt.getTime()).to.be.at.most(cluster.databaseNow);
    expect(cluster.askedAt).to.be.within(before, performance.now());
    // the tests' database runs on this machine
    expect(cluster.databaseNow).to.be.closeTo(Date.now(), 1_000);
    expect(clock.measured).to.equal(true);
    expect(databaseNow(clock).getTime()).to.be.closeTo(Date.now(), 100);
  });

  it("returns the database's time of each read, not of the first one", async () => {
    await using log = await openTestLog();
    await joinMembers(log, memberOf('aggregator-0'), deadlineMs);
    const read = async () => (await readCluster(log, openClock(0), deadlineMs)).databaseNow;
    const first = await read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await read()) - first).to.be.within(250, 5_000);
  });

  it('returns the time also when nothing is there, as after the database was dropped', async () => {
    await using log = await openTestLog();
    await handlesOf(log).db.dropDatabase();
    const cluster = await readCluster(log, openClock(0), deadlineMs);
    expect(cluster.databaseNow).to.be.closeTo(Date.now(), 1_000);
    expect({ settings: cluster.settings, members: cluster.members }).to.deep.equal({
      settings: undefined,
      members: [],
    });
  });
});
