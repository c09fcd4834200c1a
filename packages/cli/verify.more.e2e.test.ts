import { entities } from '@muster/entities';
import { partitionOf } from '@muster/placement';
import { type RunningSystem, startProcess, startSystem, stopProcess, waitReady } from '@muster/supervisor';
import { openShell, openTestFolder, type Shell } from '@muster/testing';
import { expect } from 'chai';
import { makeUser } from './seed/make-user.ts';
import { seed } from './seed/seed.ts';
import { verify } from './verify/verify.ts';

type Test = { folder: AsyncDisposable; system: RunningSystem; shell: Shell };

const users = 300;
const test: Partial<Test> = {};

const the = <Key extends keyof Test>(key: Key): Test[Key] => {
  const value = test[key];
  if (value === undefined) throw new Error(`There is no ${key} yet`);
  return value as Test[Key];
};

const environment = () => ({
  MONGODB_URI: the('system').mongodbUri,
  DATABASE: 'muster',
  CLUSTER_SECRET: the('system').clusterSecret,
});

const runVerify = async (memory = true, more: Record<string, string> = {}): Promise<{ code: number; text: string }> => {
  const lines: string[] = [];
  const code = await verify({ ...environment(), ...more }, { memory, entities }, (line) => lines.push(line));
  return { code, text: lines.join('\n') };
};

const expectVerified = async (code: number, ...texts: string[]) => {
  const verified = await runVerify();
  for (const text of texts) expect(verified.text).to.contain(text);
  expect(verified.code, verified.text).to.equal(code);
};

const runSeed = async (more: {
  via: 'api' | 'log';
  users: number;
  seed: number;
}): Promise<{ code: number; text: string }> => {
  const lines: string[] = [];
  const options = { entities, entity: 'user', concurrency: undefined, url: the('system').url, ...more };
  const code = await seed(environment(), options, new AbortController().signal, (line) => lines.push(line));
  return { code, text: lines.join('\n') };
};

const request = (method: string, id: string, body?: object) =>
  fetch(`${the('system').url}/api/user${id && `/${id}`}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });

const idOf = (index: number) => makeUser(1, index).id;

/** What `seed` and `verify` must see on a system of real processes; what one case plants, it takes away again. */
describe('verify on a running system', () => {
  before(async () => {
    const folder = await openTestFolder();
    const system = await startSystem({
      dataPath: folder.path,
      environment: { ...process.env, LOG_LEVEL: 'silent' },
      dieWithParent: true,
    });
    const shell = openShell({ uri: system.mongodbUri });
    Object.assign(test, { folder, system, shell });
  });

  after(async () => {
    await test.shell?.[Symbol.asyncDispose]();
    await test.system?.[Symbol.asyncDispose]();
    await test.folder?.[Symbol.asyncDispose]();
  });

  it('finds what was seeded through the log and through the API, each user once', async () => {
    const first = await runSeed({ via: 'log', users, seed: 1 });
    expect(first.code, first.text).to.equal(0);
    expect(first.text).to.contain(`${users} users created`);
    const again = await runSeed({ via: 'log', users, seed: 1 });
    expect(again.text).to.contain(`0 users created`).and.contain(`${users} existed already`);
    const throughApi = await runSeed({ via: 'api', users: 50, seed: 2 });
    expect(throughApi.code, throughApi.text).to.equal(0);
    await expectVerified(0, 'users: 350 active, 0 deleted', 'events: 350', 'differences: 0');
  });

  it('could not look where it does not know the secret of the wire, and says so', async () => {
    for (const CLUSTER_SECRET of ['another secret of others', '']) {
      const { code, text } = await runVerify(true, { CLUSTER_SECRET });
      expect([code, text.includes('CLUSTER_SECRET')], text).to.deep.equal([2, true]);
      expect(text).not.to.contain('another secret');
    }
  });

  it('counts updates and deletions', async () => {
    expect((await request('PUT', idOf(0), { group: 9_001 })).status).to.equal(200);
    expect((await request('DELETE', idOf(1))).status).to.equal(204);
    await expectVerified(0, 'users: 349 active, 1 deleted', 'events: 352');
  });

  it('finds no difference while writes go on', async () => {
    const over = new AbortController();
    const write = async (from: number) => {
      for (let group = 1; !over.signal.aborted; group += 1)
        await request('PUT', idOf(2 + ((from + group) % 20)), { group: from * 1_000_000 + group });
    };
    const writers = [1, 2, 3, 4].map(write);
    try {
      for (let round = 0; round < 3; round += 1) await expectVerified(0, 'differences: 0');
    } finally {
      over.abort();
      await Promise.all(writers);
    }
  });

  it('finds a record of Users that was changed, one that nobody wrote, and one that is missing', async () => {
    await untilSaved();
    const records = the('shell').db.collection<{ _id: string }>('Users');
    const right = await records.findOne({ _id: idOf(30) });
    if (!right) throw new Error('Expected the record to be saved');
    await records.updateOne({ _id: idOf(30) }, { $set: { name: 'Somebody Else' } });
    await expectVerified(1, 'differences: 1', 'Users is not the fold of the log', idOf(30), 'Somebody Else');
    await records.deleteOne({ _id: idOf(30) });
    await expectVerified(1, 'differences: 1', 'A checkpoint promises other records than there are');
    await records.insertOne(right);
    await records.insertOne({ ...right, _id: 'nobody', partition: partitionOf('user', 'nobody', 32) } as {
      _id: string;
    });
    await expectVerified(1, 'Users has a version that the log does not have', 'nobody');
    await records.deleteOne({ _id: 'nobody' });
    await expectVerified(0);
  });

  it('finds an event that was changed, though memory and Users agree with each other', async () => {
    const { events } = the('shell');
    await events.updateOne({ entity: 'user', entityId: idOf(40), version: 1 }, { $set: { 'data.group': 4_242 } });
    const { group } = makeUser(1, 40).fields;
    await expectVerified(1, 'Memory is not the fold of the log', 'Users is not the fold of the log', '4242');
    await events.updateOne({ entity: 'user', entityId: idOf(40), version: 1 }, { $set: { 'data.group': group } });
    await expectVerified(0);
  });

  it('finds an event that is missing, and one in the wrong partition', async () => {
    const { events } = the('shell');
    const gone = await events.findOneAndDelete({ entity: 'user', entityId: idOf(0), version: 1 });
    if (!gone) throw new Error('Expected the event to be there');
    await expectVerified(1, 'A version is missing', idOf(0));
    await events.insertOne(gone);
    await expectVerified(0);
    await events.updateOne({ _id: gone._id }, { $set: { partition: (gone.partition + 1) % 32 } });
    await expectVerified(1, 'differences: 1', 'An event is in the wrong partition', idOf(0));
    await events.updateOne({ _id: gone._id }, { $set: { partition: 99 } });
    await expectVerified(1, 'An event is in the wrong partition', 'Something is in no partition');
    await events.updateOne({ _id: gone._id }, { $set: { partition: gone.partition } });
    await expectVerified(0);
  });

  it('says that it cannot look at memory with all aggregators down; one that left is not missed', async () => {
    const { aggregators } = the('system');
    await stopProcess(the('system'), 'aggregator-1');
    await expectVerified(0, 'differences: 0');
    await Promise.all(aggregators.map((name) => stopProcess(the('system'), name)));
    await expectVerified(2, 'NOT LOOKED AT', 'differences: 0');
    expect((await runVerify(false)).code).to.equal(0);
    await Promise.all(aggregators.map((name) => startProcess(the('system'), name)));
    await Promise.all(aggregators.map((name) => waitReady(the('system'), name)));
    await expectVerified(0);
  });

  it('says that it cannot look where there is no Muster', async () => {
    expect(
      await verify({ ...environment(), DATABASE: 'nothing_here' }, { memory: true, entities }, () => undefined),
    ).to.equal(2);
    expect(await verify({ DATA: '/nowhere' }, { memory: true, entities }, () => undefined)).to.equal(2);
  });

  it('reports a stream that cannot be understood as parked, not as different', async () => {
    const entityId = idOf(50);
    const partition = partitionOf('user', entityId, 32);
    const about = { entity: 'user', entityId, version: 2, partition, at: new Date(), meta: { requestId: 'test' } };
    await the('shell').events.insertOne({ _id: 'poison', type: 'UserPromoted', data: {}, ...about });
    await expectVerified(0, 'parked: 1 streams', entityId, 'differences: 0');
  });
});

/** Waits until the snapshots have all that the log has. */
const untilSaved = async () => {
  const { db, events } = the('shell');
  const sumOfVersions = [{ $group: { _id: null, sum: { $sum: '$version' } } }];
  for (const until = Date.now() + 20_000; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const [saved] = await db.collection('Users').aggregate<{ sum: number }>(sumOfVersions).toArray();
    if (saved?.sum === (await events.countDocuments())) return;
  }
  throw new Error('The snapshots did not come to have all events within 20 s');
};
