import assert from 'node:assert/strict';
import { type Muster, startMuster } from 'muster';
import { openClient } from './client.ts';
import { entities } from './entities.ts';

describe('The typed client of the bank account', function () {
  this.timeout(120_000);

  let muster: Muster;
  before(async () => {
    muster = await startMuster({ entities });
  });
  after(() => muster?.stop());

  const deposit = (id: string, cents: number) =>
    openClient(muster.url).POST('/api/account/{id}:deposit', { params: { path: { id } }, body: { cents } });

  it('opens an account, runs commands on it and reads it', async () => {
    const client = openClient(muster.url);
    const opened = await client.POST('/api/account', { body: { id: 'ada', owner: 'Ada' } });
    assert.deepEqual(opened.data, { id: 'ada', owner: 'Ada', cents: 0 });
    const deposited = await deposit('ada', 250);
    assert.equal(deposited.data?.cents, 250);
    const read = await client.GET('/api/account/{id}', { params: { path: { id: 'ada' } } });
    assert.equal(read.data?.owner, 'Ada');
    const counted = await client.GET('/api/account/count');
    assert.equal(counted.data?.count, 1);
    const byOwner = await client.GET('/api/account/views/byOwner', { params: { query: { sort: '-cents.sum' } } });
    const cents = { count: 1, sum: 250, min: 250, max: 250, average: 250 };
    assert.deepEqual(byOwner.data, [{ key: 'Ada', count: 1, measures: { cents } }]);
  });

  it('returns problems with their types, and the code of each fault', async () => {
    const refused = await openClient(muster.url).POST('/api/account/{id}:withdraw', {
      params: { path: { id: 'ada' } },
      body: { cents: 251 },
    });
    assert.equal(refused.error?.type, '/problems/insufficient-funds');
    const invalid = await deposit('ada', 0);
    assert.equal(invalid.error?.type, '/problems/invalid-input');
    assert.deepEqual(
      invalid.error?.errors?.map(({ pointer, code }) => [pointer, code]),
      [['/cents', 'too-small']],
    );
  });

  it('does not compile with an input or a route that does not exist', () => {
    const client = openClient(muster.url);
    // @ts-expect-error: the owner is a text
    const byNumber = () => client.POST('/api/account', { body: { owner: 1 } });
    // @ts-expect-error: there is no such route
    const toNowhere = () => client.GET('/api/accounts');
    assert.equal(typeof byNumber, typeof toNowhere); // both are only compiled
  });
});
