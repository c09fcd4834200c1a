import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { checkSets, checkSnapshots, readLog } from '@muster/chaos';
import { partitionOf } from '@muster/placement';
import { eventually, openOwnServer, openTestSystem, startAgain, stopGently, type TestSystem } from '@muster/testing';
import { expect } from 'chai';
import { type CutProxy, openCutProxy } from './cut-proxy.ts';
import { ada, createUsers, deleteUsers, updateUsers } from './write-users.ts';

const aggregators = ['aggregator-0', 'aggregator-1', 'aggregator-2'];
const users = 10_000;

describe('The snapshot of 10,000 users', () => {
  let test: TestSystem;
  let proxy: CutProxy;
  const opened: AsyncDisposable[] = [];
  before(async () => {
    const server = await openOwnServer();
    opened.push(server);
    proxy = await openCutProxy(server);
    opened.push(proxy);
    test = await openTestSystem({ mongodbUri: proxy.uri });
    opened.push(test);
    await seedLog();
    await snapshotDone();
    proxy.passed.length = 0;
  });
  after(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
  });

  const idOf = (index: number) => `user-${index}`;
  const ids = Array.from({ length: users }, (_, index) => idOf(index));

  const seedLog = async () => {
    const about = { entity: 'user', version: 1, type: 'UserCreated', at: new Date(), meta: { requestId: 'seed' } };
    const events = ids.map((id) => ({
      _id: randomUUID(),
      ...about,
      entityId: id,
      partition: partitionOf('user', id, 32),
      data: ada,
    }));
    await test.shell.events.insertMany(events, { ordered: false });
  };

  const snapshotDone = async () =>
    expect((await checkSnapshots(test, [await readLog(test)], 30_000)).slice(0, 20)).to.deep.equal([]);

  const records = () => test.shell.db.collection('Users').find().sort({ _id: 1 }).toArray();

  /** The number of records that were written since: each has the mark of the snapshot that wrote it. */
  const writtenSince = async (before: Awaited<ReturnType<typeof records>>) => {
    const known = new Map(before.map((record) => [String(record._id), record]));
    return (await records()).filter((record) => !isDeepStrictEqual(record, known.get(String(record._id)))).length;
  };

  /** The number of records in the writes that reached the server, where each wrote one record. */
  const writtenRecords = () =>
    proxy.passed
      .filter(({ collection }) => collection === 'Users')
      .reduce((sum, { statements }) => sum + statements, 0);

  afterEach(() => {
    proxy.passed.length = 0;
  });

  it('writes five records when five users have changed', async () => {
    const before = await records();
    await updateUsers(test.url, ids.slice(0, 5), 9);
    await snapshotDone();
    expect(await writtenSince(before)).to.equal(5);
  });

  it('writes one record per snapshot, not per change, for a user that changed many times', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, group) => updateUsers(test.url, [idOf(7)], 100 + group)));
    await snapshotDone();
    expect(writtenRecords()).to.be.within(1, 10); // 40 changes, a snapshot about every 0.3 s
  });

  it('writes one record for each new and each deleted user', async () => {
    const before = await records();
    const created = await createUsers(test.url, 'new', 3);
    await snapshotDone();
    expect(await writtenSince(before)).to.equal(3);
    const withThem = await records();
    await deleteUsers(test.url, created);
    await snapshotDone();
    expect(await writtenSince(withThem)).to.equal(3);
  });

  it('writes no record when nothing changed, neither for updates without a change nor for a restart', async () => {
    const before = await records();
    await updateUsers(test.url, ids.slice(0, 5), 9); // the value that they have already
    await stopGently(test, ...aggregators);
    await startAgain(test, ...aggregators);
    const folded = await readLog(test);
    expect((await checkSets(test, folded, 'memory')).slice(0, 20)).to.deep.equal([]);
    const startedAt = new Date((await test.shell.db.command({ hello: 1 })).localTime);
    const checkpoints = () => test.shell.checkpoints.find().toArray();
    await eventually(checkpoints, (all) => all.every(({ at }) => at > startedAt)); // after a snapshot of all partitions
    expect(isDeepStrictEqual(await records(), before)).to.equal(true);
  });
});
