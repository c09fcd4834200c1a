import { checkAnswers, checkRecords, checkSnapshots, readLog } from '@muster/chaos';
import { covers, type SnapshotMark } from '@muster/store';
import {
  call,
  eventually,
  findRepairs,
  killForGood,
  openOwnServer,
  openTestSystem,
  startAgain,
  stopGently,
  type TestSystem,
} from '@muster/testing';
import { expect } from 'chai';
import { type CutProxy, openCutProxy } from './cut-proxy.ts';
import { createUsers, deleteUsers, updateUsers } from './write-users.ts';

const aggregators = ['aggregator-0', 'aggregator-1', 'aggregator-2'];

describe('Aggregators killed between the records and the checkpoints of a snapshot', () => {
  let test: TestSystem;
  let proxy: CutProxy;
  const opened: AsyncDisposable[] = [];
  const checkpoints = { CHECKPOINT_EVERY_MS: '600000' }; // after the restart: no checkpoint without a change
  before(async () => {
    const server = await openOwnServer();
    opened.push(server);
    proxy = await openCutProxy(server);
    opened.push(proxy);
    test = await openTestSystem({
      mongodbUri: proxy.uri,
      environment: { SNAPSHOT_AFTER_MS: '100' },
      environmentFor: () => checkpoints,
    });
    opened.push(test);
  });
  after(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
  });

  /** Writes, blocks the checkpoints after the records are saved, and kills all aggregators. Returns the folded log. */
  const crashBetween = async (write: () => Promise<void>) => {
    proxy.isCut = ({ name, collection }) => name === 'update' && collection === 'Checkpoints';
    await write();
    // each aggregator has one snapshot that waits there and blocks the next: Users has some of the writes, not all
    await eventually(
      async () => proxy.cut.length,
      (cut) => cut === aggregators.length,
    );
    await killForGood(test, ...aggregators);
    expect(await recordsAhead()).to.be.above(0);
    return readLog(test);
  };

  /** The number of records of a snapshot without its checkpoint. */
  const recordsAhead = async (): Promise<number> => {
    const snapshots = new Map(
      (await test.shell.checkpoints.find().toArray()).map(({ _id, snapshot }) => [_id, snapshot]),
    );
    const records = await test.shell.db
      .collection<{ partition: number; snapshot: SnapshotMark }>('Users')
      .find()
      .toArray();
    return records.filter(({ partition, snapshot }) => !covers(snapshots.get(partition) ?? 'none:0', snapshot)).length;
  };

  const restartAndCheck = async () => {
    proxy.isCut = () => false;
    proxy.cut.length = 0;
    checkpoints.CHECKPOINT_EVERY_MS = '300';
    await startAgain(test, ...aggregators);
    const folded = await readLog(test);
    expect(
      [
        ...(await checkAnswers(test, folded, 'memory')),
        ...(await checkSnapshots(test, [folded])),
        ...findRepairs(test),
      ].slice(0, 20),
    ).to.deep.equal([]);
  };

  /** Restarts the aggregators so that they save no checkpoint without a change until the next crash. */
  const restartCleanly = async () => {
    checkpoints.CHECKPOINT_EVERY_MS = '600000';
    await stopGently(test, ...aggregators);
    await startAgain(test, ...aggregators);
  };

  it('leave the first snapshot without a checkpoint, and all answers are correct', async () => {
    const folded = await crashBetween(async () => {
      const ids = await createUsers(test.url, 'first', 250);
      await deleteUsers(test.url, ids.slice(0, 20));
    });
    expect((await checkAnswers(test, folded, 'database')).slice(0, 20)).to.deep.equal([]);
    await restartAndCheck();
  });

  it('leave later records ahead of their checkpoint, and all answers are correct', async () => {
    const ids = await createUsers(test.url, 'second', 200);
    await restartCleanly();
    expect((await checkSnapshots(test, [await readLog(test)])).slice(0, 20)).to.deep.equal([]);
    const folded = await crashBetween(async () => {
      await updateUsers(test.url, ids.slice(0, 150), 9);
      await deleteUsers(test.url, ids.slice(100, 180)); // active in the checkpoint, deleted in the records
      await createUsers(test.url, 'third', 100); // active in the records, absent in the checkpoint
    });
    expect((await checkAnswers(test, folded, 'database')).slice(0, 20)).to.deep.equal([]);
    await createUsers(test.url, 'fourth', 50); // no aggregator runs to save them
    await deleteUsers(test.url, ids.slice(190, 195));
    expect((await checkAnswers(test, await readLog(test), 'database')).slice(0, 20)).to.deep.equal([]);
    await restartAndCheck();
  });

  it('write no record again that was saved before the crash', async () => {
    const ids = await createUsers(test.url, 'fifth', 60);
    await restartCleanly();
    await crashBetween(() => updateUsers(test.url, ids, 5));
    const unsaved = (await checkRecords(test, await readLog(test))).length;
    proxy.passed.length = 0;
    await restartAndCheck();
    const written = proxy.passed
      .filter(({ collection }) => collection === 'Users')
      .reduce((sum, { statements }) => sum + statements, 0);
    expect(written).to.equal(unsaved);
    expect((await call(test.url, 'GET', `/api/user/${ids[0]}`)).body.group).to.equal(5);
  });
});
