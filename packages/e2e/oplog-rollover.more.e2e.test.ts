import {
  checkAll,
  checkAnswers,
  checkSnapshots,
  isPlaceKnown,
  readLog,
  startLoad,
  stopLoad,
  untilAnswered,
} from '@muster/chaos';
import { findServer } from '@muster/embedded';
import { killProcess } from '@muster/supervisor';
import {
  eventually,
  findRepairs,
  killForGood,
  linesOf,
  openTestSystem,
  readMetric,
  startAgain,
  type TestSystem,
} from '@muster/testing';
import { expect } from 'chai';
import { createUsers, deleteUsers, updateUsers } from './write-users.ts';

const aggregators = ['aggregator-0', 'aggregator-1', 'aggregator-2'];

describe('Aggregators that cannot resume because the oplog rolled over', () => {
  let test: TestSystem;
  let ids: string[];
  before(async function () {
    const { kind } = await findServer({ environment: process.env, say: () => undefined });
    if (kind === 'mongod') this.skip(); // its oplog has at least 990 MB, which is too large for this test
    test = await openTestSystem({ oplogMaxEntries: 1_000 });
    ids = await createUsers(test.url, 'first', 300);
    await expectAllRight();
  });
  after(() => test?.[Symbol.asyncDispose]());

  /** Expects that the answers from memory, the records and the checkpoints equal the fold of the log. */
  const expectAllRight = async () => {
    const folded = await readLog(test);
    expect(
      [
        ...(await checkAnswers(test, folded, 'memory')),
        ...(await checkSnapshots(test, [folded])),
        ...findRepairs(test),
      ].slice(0, 20),
    ).to.deep.equal([]);
  };

  /**
   * Writes until the server can resume at no checkpoint. There is no fixed number: the server decides when it trims.
   */
  const overrunOplog = async () => {
    const [newest] = await test.shell.checkpoints.find().sort({ clusterTime: -1 }).limit(1).toArray();
    for (let round = 0; round < 20; round += 1) {
      if (!(await isPlaceKnown(test.shell, newest?.resumeToken))) return; // nor any older one
      await updateUsers(test.url, ids.slice(200, 700), 1_000 + round);
    }
    throw new Error('The server can still resume at a position before 10,000 writes');
  };

  const restores = (mode: string) =>
    Promise.all(aggregators.map((name) => readMetric(test, name, 'muster_restores_total', { mode })));

  it('scan the log after a rollover while they were down, and miss no event', async () => {
    await killForGood(test, ...aggregators);
    ids.push(...(await createUsers(test.url, 'down', 1_500)));
    await updateUsers(test.url, ids.slice(0, 200), 7);
    await deleteUsers(test.url, ids.slice(100, 130));
    await overrunOplog();
    expect((await checkAnswers(test, await readLog(test), 'database')).slice(0, 20)).to.deep.equal([]);
    await startAgain(test, ...aggregators);
    expect(await restores('rescan')).to.deep.equal([1, 1, 1]);
    for (const name of aggregators)
      expect(linesOf(test, name).join('\n'), name).to.include('The place in the log is lost');
    await expectAllRight();
  });

  it('miss no event that is written while they scan', async () => {
    await killForGood(test, ...aggregators);
    await overrunOplog();
    const before = await readLog(test);
    const load = await startLoad(test.urls);
    try {
      await untilAnswered(load, 50);
      await startAgain(test, ...aggregators);
      await untilAnswered(load, 200);
    } finally {
      await stopLoad(load);
    }
    expect(await restores('rescan')).to.deep.equal([1, 1, 1]);
    expect((await checkAll(test, load.calls, before)).slice(0, 20)).to.deep.equal([]);
  });

  it('notice a rollover while they were paused, and miss no event', async () => {
    for (const name of aggregators) await killProcess(test.system, name, 'SIGSTOP');
    await overrunOplog();
    for (const name of aggregators) await killProcess(test.system, name, 'SIGCONT');
    await expectAllRight();
  });

  it('resume from their checkpoints when the oplog has not rolled over', async () => {
    const last = Math.max(...(await readLog(test)).events.map(({ at }) => at.getTime()));
    const checkpoints = () => test.shell.checkpoints.find().toArray();
    await eventually(checkpoints, (all) => all.every(({ at }) => at.getTime() > last));
    await killForGood(test, ...aggregators);
    await updateUsers(test.url, ids.slice(0, 90), 9);
    await startAgain(test, ...aggregators);
    expect([await restores('resume'), await restores('rescan')]).to.deep.equal([
      [1, 1, 1],
      [0, 0, 0],
    ]);
    await expectAllRight();
  });

  for (const collection of ['Users', 'Checkpoints']) {
    it(`rebuild ${collection} from the log when it was dropped while they were down`, async () => {
      await killForGood(test, ...aggregators);
      await updateUsers(test.url, ids.slice(0, 50), 2_000 + collection.length);
      await test.shell.db.dropCollection(collection);
      await startAgain(test, ...aggregators);
      await expectAllRight();
    });
  }
});
