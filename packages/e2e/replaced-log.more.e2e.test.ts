import { pause } from '@muster/runtime';
import type { StoredEvent } from '@muster/store';
import {
  call,
  eventually,
  forAll,
  openTestSystem,
  type Reply,
  type Shell,
  startAgain,
  stopGently,
} from '@muster/testing';
import { expect } from 'chai';
import { ada, createUsers, updateUsers } from './write-users.ts';

/** Longer than a gateway's proof of the log is valid, in milliseconds. */
const proofMs = 150;

const aggregators = ['aggregator-0', 'aggregator-1', 'aggregator-2'];

const fromMemory = ({ headers }: Reply) => /^aggregator/.test(headers.get('muster-source') ?? '');

const eventsOf = ({ events }: Shell): Promise<StoredEvent[]> =>
  events.find().sort({ entityId: 1, version: 1 }).toArray();

/** Expects dense versions in each stream, and no version twice. */
const expectDense = async (shell: Shell) => {
  const last = new Map<string, number>();
  for (const { entityId, version } of await eventsOf(shell)) {
    expect(version, `the version after ${last.get(entityId)} of ${entityId}`).to.equal((last.get(entityId) ?? 0) + 1);
    last.set(entityId, version);
  }
};

const create = (url: string, id: string) => call(url, 'POST', '/api/user', { body: { ...ada, id } });

describe('A running Muster', () => {
  it('never stores two events of one version after its database was dropped, and uses the new log', async () => {
    await using test = await openTestSystem();
    const { shell, url } = test;
    const [old = ''] = await createUsers(url, 'old', 50);
    await eventually(() => call(url, 'GET', `/api/user/${old}`), fromMemory);
    await pause(proofMs);
    await shell.db.dropDatabase();

    const replies: Reply[] = [];
    const tryAgain = async () => {
      const reply = await create(url, 'twice');
      replies.push(reply);
      return reply;
    };
    await eventually(tryAgain, ({ status }) => status === 201 || status === 409);
    expect((await create(url, 'twice')).status).to.equal(409);
    expect(replies.filter(({ status }) => status === 201).length).to.be.at.most(1);
    await expectDense(shell);

    await eventually(
      () => call(url, 'GET', `/api/user/${old}`),
      (reply) => reply.status === 404 && fromMemory(reply),
    );
    await eventually(
      () => call(url, 'GET', '/api/user/twice'),
      (reply) => reply.status === 200 && fromMemory(reply),
    );
    const count = () => call(url, 'GET', '/api/user/count');
    await eventually(count, (reply) => fromMemory(reply) && reply.body.count === 1);
    await stopGently(test, ...aggregators, 'gateway');
    await startAgain(test, ...aggregators, 'gateway');
    expect((await eventually(() => call(url, 'GET', '/api/user/twice'), fromMemory)).status).to.equal(200);
  });

  it('restores from an older copy of the log before it writes, when that copy replaces the log', async () => {
    await using test = await openTestSystem();
    const { shell, url } = test;
    const ids = await createUsers(url, 'user', 20);
    const copy = await eventsOf(shell);
    for (const group of [7, 8, 9]) await updateUsers(url, ids, group);
    const { events } = shell;
    const indexes = (await events.indexes()).filter(({ name }) => name !== '_id_');
    await events.drop();
    await events.createIndexes(indexes.map(({ key, unique }) => ({ key, ...(unique ? { unique } : {}) })));
    await events.insertMany(copy);
    await pause(proofMs);

    await forAll(ids, 5, async (id, index) => {
      const update = () => call(url, 'PUT', `/api/user/${id}`, { body: { group: 1_000 + index } });
      const reply = await eventually(update, ({ status }) => status !== 503);
      expect(reply.status).to.equal(200);
      expect(reply.headers.get('etag'), 'the version after the one in the copy').to.equal('"2"');
    });
    await expectDense(shell);
    for (const id of ids) {
      const reply = await eventually(() => call(url, 'GET', `/api/user/${id}`), fromMemory);
      expect(reply.headers.get('etag')).to.equal('"2"');
    }
  });

  it('restores from the remaining events when the newest are deleted from the log', async () => {
    await using test = await openTestSystem();
    const { shell, url } = test;
    const ids = await createUsers(url, 'user', 20);
    for (const group of [7, 8, 9]) await updateUsers(url, ids, group);
    await shell.events.deleteMany({ version: { $gt: 1 } });
    await pause(proofMs);
    await forAll(ids, 5, async (id, index) => {
      const update = () => call(url, 'PUT', `/api/user/${id}`, { body: { group: 1_000 + index } });
      const reply = await eventually(update, ({ status }) => status !== 503);
      expect([reply.status, reply.headers.get('etag')]).to.deep.equal([200, '"2"']);
    });
    await expectDense(shell);
  });

  it('creates its indexes and settings again when they are dropped', async () => {
    await using test = await openTestSystem();
    const { shell, url } = test;
    await createUsers(url, 'user', 5);
    const { events } = shell;
    const isUnique = async () => (await events.indexes()).some(({ unique }) => unique);
    for (const { name, unique } of await events.indexes()) if (unique) await events.dropIndex(name ?? '');
    await eventually(isUnique, Boolean);
    await shell.settings.drop();
    await eventually(
      () => shell.settings.countDocuments(),
      (count) => count === 1,
    );
    await eventually(
      () => create(url, 'later'),
      ({ status }) => status === 201,
    );
    await expectDense(shell);
  });
});
