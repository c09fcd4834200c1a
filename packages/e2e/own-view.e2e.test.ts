import { verify } from '@muster/cli';
import { defineRecord, optional } from '@muster/model';
import { partitionOf } from '@muster/placement';
import {
  call,
  eventually,
  openShell,
  openTestDatabase,
  type Reply,
  type Shell,
  type TestDatabase,
} from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { type InProcess, runInProcess } from './run-in-process.ts';

// hides a field, renames one and derives one; fails for one owner
const account = defineRecord({
  name: 'account',
  title: 'Account',
  collection: 'Accounts',
  fields: {
    owner: Joi.string(),
    pin: Joi.string(),
    balance: Joi.number(),
    limits: optional(Joi.array()),
    mask: optional(Joi.any()),
  },
  present: ({ owner, balance, limits }) => {
    if (owner === 'nobody') throw new Error('Cannot show an account of nobody');
    return { holder: owner, balance, isOverdrawn: Number(balance) < 0, ...(limits ? { limits } : {}) };
  },
});

const environment = { SNAPSHOT_AFTER_MS: '100', CHECKPOINT_EVERY_MS: '500' };

describe('An entity with a special view for clients', () => {
  let database: TestDatabase;
  let system: InProcess;
  let shell: Shell;
  const ask = (method: string, path: string, body?: unknown) =>
    call(system.url, method, `/api/account${path}`, { body });
  const versionsOf = async (entityId: string) =>
    (await shell.events.find({ entityId }).sort({ version: 1 }).toArray()).map(({ version, data }) => [version, data]);
  const start = async (aggregators: number) => {
    system = await runInProcess([account], { aggregators, environment, database });
    shell = openShell(system);
  };
  const stop = async () => {
    await shell[Symbol.asyncDispose]();
    await system[Symbol.asyncDispose]();
  };
  const verified = async () => {
    const lines: string[] = [];
    const settings = { MONGODB_URI: system.uri, DATABASE: system.database, CLUSTER_SECRET: 'the secret of the tests' };
    const code = await verify(settings, { memory: true, entities: [account] }, (line) => lines.push(line));
    return { code, text: lines.join('\n') };
  };
  before(async () => {
    database = await openTestDatabase();
    await start(2);
  });
  after(async () => {
    await stop();
    await database[Symbol.asyncDispose]();
  });

  const ways = { memory: /^aggregator/, database: /^database$/ };
  const itShows = (way: keyof typeof ways, id: string) => {
    const readThatWay = () =>
      eventually(
        () => ask('GET', `/${id}`),
        ({ headers }: Reply) => ways[way].test(headers.get('muster-source') ?? ''),
      );

    it(`returns only that view in each answer (${way})`, async () => {
      const created = await ask('POST', '', { id, owner: 'Ada', pin: '1234', balance: 5, limits: [1] });
      const shown = { id, holder: 'Ada', balance: 5, isOverdrawn: false, limits: [1] };
      expect([created.status, created.body]).to.deep.equal([201, shown]);
      expect((await readThatWay()).body).to.deep.equal(shown);
      const listed = await ask('GET', ''); // from the snapshot if every aggregator is down
      expect(listed.body.find((one: { id: string }) => one.id === 'm1')).to.include({ holder: 'Ada' });
      expect(listed.text).not.to.match(/pin|1234|9876|owner/);
      if (way === 'memory') expect(listed.body).to.deep.include(shown);
      const updated = await ask('PUT', `/${id}`, { balance: -1 });
      expect([updated.status, updated.body]).to.deep.equal([200, { ...shown, balance: -1, isOverdrawn: true }]);
      for (const refused of [await ask('POST', '', { id, owner: 'Ada', pin: '1234', balance: 5 }), updated])
        expect(JSON.stringify(refused.body)).not.to.contain('1234');
    });

    it(`decides on the full state, not on the view (${way})`, async () => {
      await readThatWay();
      const changed = await ask('PUT', `/${id}`, { pin: '9876' });
      expect([changed.status, changed.headers.get('etag')]).to.deep.equal([200, '"3"']);
      expect((await versionsOf(id)).slice(2)).to.deep.equal([[3, { pin: '9876' }]]);
      await eventually(readThatWay, ({ headers }) => headers.get('etag') === '"3"');
      for (const changes of [
        { pin: '9876' },
        { owner: 'Ada' },
        { pin: '9876', owner: 'Ada', balance: -1, limits: [1] },
      ]) {
        const unchanged = await ask('PUT', `/${id}`, changes);
        expect([unchanged.status, unchanged.headers.get('etag')], JSON.stringify(changes)).to.deep.equal([200, '"3"']);
      }
      expect(await versionsOf(id)).to.have.length(3);
      expect((await readThatWay()).body).to.deep.equal({
        ...{ id, holder: 'Ada', balance: -1, isOverdrawn: true, limits: [1] },
      });
    });
  };

  itShows('memory', 'm1');

  it('answers for all other things when the view fails for one', async () => {
    await ask('POST', '', { id: 'none', owner: 'somebody', pin: '0', balance: 0 });
    await ask('PUT', '/none', { owner: 'nobody' });
    for (let times = 0; times < 3; times += 1) {
      expect((await ask('GET', '/none')).status).to.equal(500);
      const other = await ask('GET', '/m1');
      expect([other.status, other.headers.get('muster-source')?.slice(0, 10)]).to.deep.equal([200, 'aggregator']);
    }
    expect((await ask('PUT', '/none', { owner: 'somebody' })).status).to.equal(200);
    expect((await ask('GET', '/none')).body).to.include({ holder: 'somebody' });
  });

  it('is verified with the full state', async () => {
    const { code, text } = await verified();
    expect(text).to.contain('differences: 0').and.contain('memory: looked at');
    expect(code, text).to.equal(0);
    await shell.events.updateOne({ entityId: 'm1', version: 3 }, { $set: { 'data.pin': '0000' } });
    expect((await verified()).text)
      .to.contain('Memory is not the fold of the log')
      .and.contain('0000');
    await shell.events.updateOne({ entityId: 'm1', version: 3 }, { $set: { 'data.pin': '9876' } });
  });

  it('is decided on the database when the wire cannot send a value, and verify reports that', async () => {
    const data = { owner: 'Ada', pin: '1', balance: 1, mask: /^[0-9]$/ }; // the wire cannot send a regular expression
    const stored = { entity: 'account', entityId: 'odd', partition: partitionOf('account', 'odd', 32), version: 1 };
    const about = { _id: 'odd-1', type: 'AccountCreated', at: new Date(), meta: { requestId: 'test' } };
    await shell.events.insertOne({ ...about, ...stored, data });
    const read = () => ask('GET', '/odd');
    // until the event has arrived there, the answer from memory is 404
    const isHeld = ({ status, headers }: Reply) =>
      status === 200 && ways.memory.test(headers.get('muster-source') ?? '');
    expect((await eventually(read, isHeld)).body).to.include({ holder: 'Ada', balance: 1 });
    expect((await ask('PUT', '/odd', { balance: 2 })).headers.get('etag')).to.equal('"2"');
    expect((await ask('PUT', '/odd', { pin: '1', balance: 2 })).headers.get('etag')).to.equal('"2"');
    expect((await versionsOf('odd'))[1]).to.deep.equal([2, { balance: 2 }]);
    const { code, text } = await verified();
    expect(text).to.contain('differences: 0').and.contain('did not hand out account "odd"');
    expect(code).to.equal(2);
  });

  describe('with every aggregator down', () => {
    before(async () => {
      await stop();
      await start(0);
    });

    itShows('database', 'd1');

    it('is verified in the records', async () => {
      expect((await verified()).text).to.contain('differences: 0');
    });
  });
});
