import { entities } from '@muster/entities';
import { defineRecord, type Entity } from '@muster/model';
import type { RecordDocument, StoredEvent } from '@muster/store';
import {
  call,
  eventually,
  openShell,
  openTestDatabase,
  type Reply,
  type Shell,
  type ShownCheckpoint,
  type TestDatabase,
} from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { runInProcess } from './run-in-process.ts';

const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };
const fromMemory = ({ headers }: Reply) => /^aggregator/.test(headers.get('muster-source') ?? '');
const recordsOf = ({ db }: Shell) => db.collection<RecordDocument>('Users');

describe('An aggregator that starts again', () => {
  let database: TestDatabase;
  let shell: Shell;
  beforeEach(async () => {
    database = await openTestDatabase();
    shell = openShell(database);
  });
  afterEach(async () => {
    await shell[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  /** Runs the whole system for `body`, then stops it cleanly, with a last snapshot. */
  const live = async (body: (url: string) => Promise<void>, of: readonly Entity[] = entities) => {
    await using system = await runInProcess(of, { aggregators: 3, database });
    await body(system.url);
  };

  /** Creates users and waits until memory has them: COUNT from memory includes the writes of its gateway. */
  const createMany = async (url: string, count: number) => {
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        call(url, 'POST', '/api/user', { body: { id: `many-${index}`, ...ada } }),
      ),
    );
    await eventually(
      () => call(url, 'GET', '/api/user/count'),
      (reply) =>
        fromMemory(reply) && !reply.headers.get('muster-source')?.includes('database') && reply.body.count === count,
    );
  };

  it('restores all writes from the snapshot, without a write of a record', async () => {
    await live(async (url) => void (await createMany(url, 150)));
    const before = await recordsOf(shell).find().sort({ _id: 1 }).toArray();
    expect(before).to.have.length(150);
    await live(async (url) => {
      const read = await eventually(() => call(url, 'GET', '/api/user/many-7'), fromMemory);
      expect(read.body).to.deep.equal({ id: 'many-7', ...ada });
      expect((await call(url, 'GET', '/api/user/count')).body.count).to.equal(150);
    });
    expect(await recordsOf(shell).find().sort({ _id: 1 }).toArray()).to.deep.equal(before);
  });

  it('folds the log of a partition whose records are not whole', async () => {
    await live(async (url) => void (await createMany(url, 100)));
    await recordsOf(shell).deleteMany({ _id: { $in: ['many-1', 'many-2', 'many-50'] } });
    await live(async (url) => {
      for (const id of ['many-1', 'many-2', 'many-50']) {
        expect((await eventually(() => call(url, 'GET', `/api/user/${id}`), fromMemory)).body).to.deep.equal({
          id,
          ...ada,
        });
      }
      expect((await call(url, 'GET', '/api/user/count')).body.count).to.equal(100);
    });
  });

  it('finds events before its position that it misses, and applies them', async () => {
    await live(async (url) => void (await createMany(url, 20)));
    // as if a change stream had skipped it: an event in the log that the records and checkpoints do not include
    await eventsBehindTheToken(shell, 'many-3');
    await live(async (url) => {
      const read = await eventually(
        () => call(url, 'GET', '/api/user/many-3'),
        (reply) => fromMemory(reply) && reply.headers.get('etag') === '"2"',
        30_000,
      );
      expect(read.body.group).to.equal(99);
    });
  });

  it('parks a stream with an event that does not parse, and continues it with a newer program', async () => {
    await live(async (url) => {
      await call(url, 'POST', '/api/user', { body: { id: 'odd', ...ada } });
      await call(url, 'POST', '/api/user', { body: { id: 'even', ...ada } });
      await shell.events.insertMany([await eventAfter(shell, 'odd', 'UserPromoted', { group: 50 })]);
      await shell.events.insertMany([await eventAfter(shell, 'odd', 'UserUpdated', { name: 'Countess' })]);
      const parked = await eventually(
        () => call(url, 'GET', '/api/user/odd'),
        ({ headers }) => headers.get('muster-parked') === 'true',
      );
      expect([parked.status, parked.body.group, parked.headers.get('etag')]).to.deep.equal([200, 1, '"1"']);
      const write = await call(url, 'PUT', '/api/user/odd', { body: { group: 2 } });
      expect([write.status, write.body.written]).to.deep.equal([503, 'notWritten']);
      expect((await call(url, 'PUT', '/api/user/even', { body: { group: 2 } })).status).to.equal(200);
    });
    expect(await letters(shell)).to.deep.equal([
      ['odd', 2],
      ['odd', 3],
    ]);
    await live(async (url) => {
      const read = await eventually(
        () => call(url, 'GET', '/api/user/odd'),
        ({ headers }) => headers.get('muster-parked') === 'true',
      );
      expect(read.headers.get('etag')).to.equal('"1"');
    });
    expect(await letters(shell), 'after a restart of the same program').to.deep.equal([
      ['odd', 2],
      ['odd', 3],
    ]);
    await live(
      async (url) => {
        const read = await eventually(() => call(url, 'GET', '/api/user/odd'), fromMemory);
        expect([read.headers.get('etag'), read.body.group, read.body.name]).to.deep.equal(['"3"', 50, 'Countess']);
      },
      [newerUser],
    );
    expect(await letters(shell), 'after a newer program').to.deep.equal([]);
  });
});

const newerUser = defineRecord({
  name: 'user',
  title: 'User',
  collection: 'Users',
  fields: { name: Joi.string(), email: Joi.string(), group: Joi.number() },
  upcast: (stored) => (stored.type === 'UserPromoted' ? { ...stored, type: 'UserUpdated' } : stored),
});

const letters = async (shell: Shell) => {
  const found = await shell.deadLetters.find().toArray();
  return found.map(({ event }) => [event.entityId, event.version]).sort((a, b) => Number(a[1]) - Number(b[1]));
};

const eventAfter = async (shell: Shell, id: string, type: string, data: StoredEvent['data']): Promise<StoredEvent> => {
  const [last] = await shell.events.find({ entity: 'user', entityId: id }).sort({ version: -1 }).limit(1).toArray();
  if (!last) throw new Error(`${id} has no events`);
  return { ...last, _id: `${id}-${last.version + 1}`, version: last.version + 1, type, data, at: new Date() };
};

/** Inserts an event and moves every checkpoint past it, without applying it to a record. */
const eventsBehindTheToken = async (shell: Shell, id: string) => {
  await shell.events.insertOne(await eventAfter(shell, id, 'UserUpdated', { group: 99 }));
  const stream = shell.db.watch([], { maxAwaitTimeMS: 50 });
  await stream.tryNext();
  // the aggregators have left, so this heartbeat is of another member
  await shell.aggregators.updateOne(
    { _id: 'nobody' },
    { $set: { beat: 'nobody:1', heartbeatAt: new Date() } },
    { upsert: true },
  );
  const heartbeat = await eventually(
    () => stream.tryNext(),
    (change) => change !== null,
  );
  await stream.close();
  await shell.aggregators.deleteOne({ _id: 'nobody' });
  await shell.checkpoints.updateMany(
    {},
    {
      $set: {
        resumeToken: heartbeat?._id,
        clusterTime: (heartbeat as unknown as ShownCheckpoint).clusterTime,
        at: new Date(),
      },
    },
  );
};
