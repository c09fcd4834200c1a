import { checkAnswers, checkSnapshots, checkUsers, readLog } from '@muster/chaos';
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

describe('Aggregators killed between the users and the checkpoints of a snapshot', () => {
  let test: TestSystem;
  let proxy: CutProxy;
  const opened: AsyncDisposable[] = [];
  const checkpoints = { CHECKPOINT_EVERY_MS: '600000' }; // of the next life: that often even where nothing changed
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

  /** Writes, lets the records be saved and never their checkpoints, and kills all aggregators in this moment. */
  const crashBetween = async (write: () => Promise<void>) => {
    proxy.isCut = ({ name, collection }) => name === 'update' && collection === 'Checkpoints';
    await write();
    // each has one snapshot that hangs there and holds up the next: not all that was written is in Users, but some of
    // it is
    await eventually(
      async () => proxy.cut.length,
      (cut) => cut === aggregators.length,
    );
    await killForGood(test, ...aggregators);
    expect(await recordsAhead()).to.be.above(0);
    return readLog(test);
  };

  /** How many records are of a snapshot that did not end. */
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

  const comeBack = async () => {
    proxy.isCut = () => false;
    proxy.cut.length = 0;
    checkpoints.CHECKPOINT_EVERY_MS = '300';
    await startAgain(test, ...aggregators);
    const folded = await readLog(test);
    expect(
      [
        ...(await checkAnswers(test, folded, 'memory')),
        ...(await checkSnapshots(test, folded)),
        ...findRepairs(test),
      ].slice(0, 20),
    ).to.deep.equal([]);
  };

  /** A life in which a checkpoint is saved only after the records that it reaches. */
  const startAfresh = async () => {
    checkpoints.CHECKPOINT_EVERY_MS = '600000';
    await stopGently(test, ...aggregators);
    await startAgain(test, ...aggregators);
  };

  it('leave a first snapshot without a checkpoint: all answers are right, nothing is missed or doubled', async () => {
    const folded = await crashBetween(async () => {
      const ids = await createUsers(test.url, 'first', 250);
      await deleteUsers(test.url, ids.slice(0, 20));
    });
    expect((await checkAnswers(test, folded, 'database')).slice(0, 20)).to.deep.equal([]);
    await comeBack();
  });

  it('leave a later one ahead of its checkpoint: all answers are right, nothing is missed or doubled', async () => {
    const ids = await createUsers(test.url, 'second', 200);
    await startAfresh();
    expect((await checkSnapshots(test, await readLog(test))).slice(0, 20)).to.deep.equal([]);
    const folded = await crashBetween(async () => {
      await updateUsers(test.url, ids.slice(0, 150), 9);
      await deleteUsers(test.url, ids.slice(100, 180)); // the checkpoint counts them as active, the record does not
      await createUsers(test.url, 'third', 100); // and these the other way round
    });
    expect((await checkAnswers(test, folded, 'database')).slice(0, 20)).to.deep.equal([]);
    await createUsers(test.url, 'fourth', 50); // with nobody there to save them
    await deleteUsers(test.url, ids.slice(190, 195));
    expect((await checkAnswers(test, await readLog(test), 'database')).slice(0, 20)).to.deep.equal([]);
    await comeBack();
  });

  it('write no record a second time that was saved before the crash', async () => {
    const ids = await createUsers(test.url, 'fifth', 60);
    await startAfresh();
    await crashBetween(() => updateUsers(test.url, ids, 5));
    const unsaved = (await checkUsers(test, await readLog(test))).length;
    proxy.passed.length = 0;
    await comeBack();
    const written = proxy.passed
      .filter(({ collection }) => collection === 'Users')
      .reduce((sum, { statements }) => sum + statements, 0);
    expect(written).to.equal(unsaved);
    expect((await call(test.url, 'GET', `/api/user/${ids[0]}`)).body.group).to.equal(5);
  });
});
