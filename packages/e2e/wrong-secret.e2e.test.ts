import { call, eventually, linesOf, openTestSystem, type TestSystem } from '@muster/testing';
import { expect } from 'chai';
import { createUsers, updateUsers } from './write-users.ts';

const otherSecret = 'the secret of another installation';

describe('A gateway with another secret', () => {
  let test: TestSystem;
  before(async () => {
    test = await openTestSystem({
      gateways: 2,
      environmentFor: (name) => (name === 'gateway-1' ? { CLUSTER_SECRET: otherSecret } : {}),
    });
  });
  after(() => test[Symbol.asyncDispose]());

  const sourceOf = async (url: string | undefined, id: string) =>
    (await call(url ?? '', 'GET', `/api/user/${id}`)).headers.get('muster-source') ?? '';

  it('gets no answer from the aggregators, and answers correctly from the database', async () => {
    const ids = await createUsers(test.url, 'kept', 30);
    await updateUsers(test.url, ids, 7);
    await eventually(
      () => sourceOf(test.urls[0], ids[0] ?? ''),
      (source) => source.startsWith('aggregator'),
    );
    for (const id of ids) {
      const read = await call(test.urls[1] ?? '', 'GET', `/api/user/${id}`);
      expect([read.status, read.body.group, read.headers.get('muster-source')]).to.deep.equal([200, 7, 'database']);
    }
    const count = () => call(test.urls[1] ?? '', 'GET', '/api/user/count');
    const reply = await eventually(count, ({ body }) => body.count === 30); // when all users are in the snapshot
    expect(reply.headers.has('muster-as-of'), 'it has Muster-As-Of').to.equal(true);
  });

  it('logs a warning, as do the aggregators, not too often and without the secret', async () => {
    const warned = (name: string) => linesOf(test, name).filter((line) => line.includes('CLUSTER_SECRET'));
    await eventually(
      () =>
        Promise.resolve(
          ['gateway-1', 'aggregator-0', 'aggregator-1', 'aggregator-2'].filter((name) => warned(name).length === 0),
        ),
      (silent) => silent.length === 0,
    );
    expect(warned('gateway')).to.deep.equal([]);
    expect(warned('aggregator-0').length).to.be.below(20); // the gateway tries every second
    for (const { name } of test.system.processes.values())
      for (const secret of [otherSecret, test.clusterSecret])
        expect(linesOf(test, name).join('\n')).not.to.contain(secret);
  });
});
