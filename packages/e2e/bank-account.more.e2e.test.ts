import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { verify } from '@muster/cli';
import { findProjectRoot } from '@muster/embedded';
import { partitionOf } from '@muster/placement';
import type { StoredEvent } from '@muster/store';
import {
  call,
  eventually,
  forAll,
  killAndAwaitReturn,
  killForGood,
  openTestSystem,
  type Reply,
  startAgain,
  type TestSystem,
} from '@muster/testing';
import { expect } from 'chai';
import { entities } from '../../examples/bank-account/entities.ts';

const aggregators = ['aggregator-0', 'aggregator-1', 'aggregator-2'];
const root = findProjectRoot();
const entitiesPath = join(root, 'examples', 'bank-account', 'entities.ts');
const program = (role: string) => [join(root, 'dist', 'muster.js'), role, '--entities', entitiesPath];

describe('The bank account, in both programs', function () {
  this.timeout(120_000);

  let test: TestSystem;
  before(async () => {
    test = await openTestSystem({ programs: { gateway: program('gateway'), aggregator: program('aggregator') } });
  });
  after(() => test?.[Symbol.asyncDispose]());

  const open = (id: string, owner = 'Ada') => call(test.url, 'POST', '/api/account', { body: { id, owner } });
  const run = (id: string, command: string, body?: object, headers = {}) =>
    call(test.url, 'POST', `/api/account/${id}:${command}`, { body, headers });
  const read = (id: string) => call(test.url, 'GET', `/api/account/${id}`);
  const problemOf = ({ status, body }: Reply) => [status, body.type];

  it('answers commands with the account, its version and the refusals that it declares', async () => {
    const opened = await open('ada');
    expect([opened.status, opened.headers.get('location'), opened.headers.get('etag')]).to.deep.equal([
      ...[201, '/api/account/ada', '"1"'],
    ]);
    expect(opened.body).to.deep.equal({ id: 'ada', owner: 'Ada', cents: 0 });
    expect(problemOf(await open('ada'))).to.deep.equal([409, '/problems/exists']);
    expect((await run('ada', 'deposit', { cents: 500, reference: 'Rent' })).body.cents).to.equal(500);
    const refused = await run('ada', 'withdraw', { cents: 501 });
    expect(problemOf(refused)).to.deep.equal([409, '/problems/insufficient-funds']);
    expect(refused.body).to.include({
      ...{ title: 'The balance is too low', detail: 'Cannot withdraw 501 cents: the balance is 500 cents' },
      ...{ id: 'ada', version: 2 },
    });
    expect((await run('ada', 'withdraw', { cents: 100 }, { 'if-match': '"1"' })).status).to.equal(412);
    expect((await run('ada', 'withdraw', { cents: 500 }, { 'if-match': '"2"' })).headers.get('etag')).to.equal('"3"');
    const closed = await run('ada', 'close');
    expect([closed.status, closed.headers.get('etag')]).to.deep.equal([200, '"4"']);
    expect(new Date(closed.body.closedAt).toISOString()).to.equal(closed.body.closedAt);
    expect((await run('ada', 'close', {})).headers.get('etag')).to.equal('"4"'); // nothing to change, nothing appended
    expect(problemOf(await run('ada', 'deposit', { cents: 1 }))).to.deep.equal([409, '/problems/closed']);
    expect((await read('ada')).body).to.deep.equal(closed.body);
  });

  it('answers unknown commands with those that exist, and changes nothing for bad input', async () => {
    await open('bob', 'Bob');
    const unknown = await run('bob', 'burn', {});
    expect(problemOf(unknown)).to.deep.equal([404, '/problems/no-such-command']);
    expect(unknown.body.commands).to.deep.equal(['open', 'deposit', 'withdraw', 'close']);
    expect(problemOf(await run('bob', 'open', { owner: 'Eve' }))[0]).to.equal(404); // that is POST /api/account
    const invalid = await run('bob', 'deposit', { cents: '5', tip: 1 });
    expect(invalid.body.errors.map(({ pointer }: { pointer: string }) => pointer)).to.deep.equal(['/cents', '/tip']);
    expect((await run('bob', 'deposit')).status).to.equal(400);
    expect(problemOf(await run('nobody', 'close'))).to.deep.equal([404, '/problems/not-found']);
    for (const method of ['PUT', 'DELETE'])
      expect((await call(test.url, method, '/api/account/bob', { body: { cents: 5 } })).status).to.equal(405);
    expect((await read('bob')).headers.get('etag')).to.equal('"1"');
  });

  it('makes and loses no money while commands race and each aggregator is killed in turn', async () => {
    const ids = Array.from({ length: 12 }, (_, number) => `race-${number}`);
    await forAll(ids, 12, (id) => open(id));
    let paidIn = 0;
    let paidOut = 0;
    const racing = { isOver: false };
    const race = async (worker: number) => {
      for (let turn = 0; !racing.isOver; turn += 1) {
        const id = ids[(worker * 7 + turn) % 4] ?? ''; // four hot accounts
        if (turn % 2 === 0 && (await run(id, 'deposit', { cents: 10 })).status === 200) paidIn += 10;
        if (turn % 2 === 1 && (await run(id, 'withdraw', { cents: 15 })).status === 200) paidOut += 15;
      }
    };
    const workers = Array.from({ length: 8 }, (_, worker) => race(worker));
    for (const name of aggregators) await killAndAwaitReturn(test, name);
    racing.isOver = true;
    await Promise.all(workers);
    const balances = await forAll(ids, 12, async (id) => (await read(id)).body.cents as number);
    expect(balances.every((cents) => cents >= 0)).to.equal(true);
    expect(balances.reduce((sum, cents) => sum + cents, 0)).to.equal(paidIn - paidOut);
    expect(paidOut).to.be.above(0);
  });

  it('goes on with every aggregator down, and is the same after they restored', async () => {
    await run('bob', 'deposit', { cents: 70 });
    const saved = async () => (await test.shell.db.collection('Accounts').findOne({ version: 2, cents: 70 }))?.owner;
    await eventually(saved, (owner) => owner === 'Bob');
    await killForGood(test, ...aggregators);
    expect((await run('bob', 'withdraw', { cents: 20 })).status).to.equal(200);
    const away = await eventually(
      () => read('bob'),
      ({ headers }) => headers.get('muster-source') === 'database',
    );
    expect(away.body).to.deep.equal({ id: 'bob', owner: 'Bob', cents: 50 });
    expect(problemOf(await run('bob', 'withdraw', { cents: 51 }))[0]).to.equal(409);
    expect((await call(test.url, 'GET', '/api/account/count')).headers.has('muster-as-of')).to.equal(true);
    await startAgain(test, ...aggregators);
    const back = await eventually(
      () => read('bob'),
      ({ headers }) => headers.get('muster-source') !== 'database',
    );
    expect([back.body.cents, back.headers.get('etag')]).to.deep.equal([50, '"3"']);
  });

  it('reads deposits of both former shapes, and parks an account with a shape of the future', async () => {
    const old = [
      storedEvent('old', 1, 'AccountOpened', { owner: 'Olga' }, 1),
      storedEvent('old', 2, 'MoneyDeposited', { euros: 1.15 }, 1),
      storedEvent('old', 3, 'MoneyDeposited', { amount: 85, reference: 'Rent' }, 2),
    ];
    const future = [
      storedEvent('future', 1, 'AccountOpened', { owner: 'Fay' }, 1),
      storedEvent('future', 2, 'MoneyDeposited', { money: '1 EUR' }, 4),
    ];
    await test.shell.events.insertMany([...old, ...future]);
    const upcast = await eventually(
      () => read('old'),
      ({ status }) => status === 200,
    );
    expect(upcast.body).to.deep.equal({ id: 'old', owner: 'Olga', cents: 200 });
    expect((await run('old', 'withdraw', { cents: 200 })).body.cents).to.equal(0);
    const parked = await eventually(
      () => read('future'),
      ({ headers }) => headers.has('muster-parked'),
    );
    expect(parked.body).to.deep.equal({ id: 'future', owner: 'Fay', cents: 0 });
    expect((await run('future', 'deposit', { cents: 1 })).status).to.equal(503);
    const letter = await eventually(() => test.shell.deadLetters.findOne({ 'event.entityId': 'future' }), Boolean);
    expect(letter?.error).to.include('shape 4').and.to.include('shapes 1 to 3');
  });

  it('is verified: memory and records are the fold of the log', async () => {
    const lines: string[] = [];
    const environment = { MONGODB_URI: test.system.mongodbUri, CLUSTER_SECRET: test.clusterSecret };
    const run = async () => verify(environment, { memory: true, entities }, (line) => lines.push(line));
    expect(await run(), lines.join('\n')).to.equal(0);
    expect(lines.join('\n')).to.include('account');
    await test.shell.db.collection('Accounts').updateOne({ owner: 'Bob' }, { $set: { cents: 1_000_000 } });
    expect(await run(), 'money in a record that the log does not have').to.equal(1);
  });
});

const storedEvent = (
  entityId: string,
  version: number,
  type: string,
  data: StoredEvent['data'],
  shape: number,
): StoredEvent => ({
  ...{ _id: randomUUID(), entity: 'account', entityId, version, partition: partitionOf('account', entityId, 32) },
  ...{ type, data, at: new Date(), meta: { requestId: 'by-hand', shape } },
});
