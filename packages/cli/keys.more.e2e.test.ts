import { entities } from '@muster/entities';
import { call, eventually, openTestSystem } from '@muster/testing';
import { expect } from 'chai';
import { createKey, listKeys, revokeKey } from './keys/keys.ts';
import { seed } from './seed/seed.ts';

describe('muster keys', function () {
  this.timeout(60_000);

  it('makes a key that works, lists it without its secret, and revokes it', async () => {
    await using test = await openTestSystem({ aggregators: 1, environment: { AUTH: 'on' } });
    const printed: string[] = [];
    const print = (text: string) => void printed.push(text);
    const environment = { MONGODB_URI: test.system.mongodbUri, CLUSTER_SECRET: test.clusterSecret };
    expect(await createKey(environment, { name: 'me', scope: 'write', expires: '1h' }, print), printed[0]).to.equal(0);
    const key = printed[0] as string;
    const get = (path: string, given = key) =>
      call(test.url, 'GET', path, { headers: { authorization: `Bearer ${given}` } });
    await eventually(
      () => get('/api/user/count'),
      ({ status }) => status === 200,
    );
    const options = { entities, entity: 'user', users: 5, seed: 1, via: 'api', concurrency: 2, url: test.url } as const;
    const { signal } = new AbortController();
    expect(await seed({ ...environment, MUSTER_KEY: key }, options, signal, print)).to.equal(0);
    expect((await get('/api/user/count')).body).to.deep.equal({ count: 5 });

    printed.length = 0;
    expect(await listKeys(environment, print)).to.equal(0);
    expect(printed[0]).to.match(/ me +write +\d{4}-\d\d-\d\d +valid until \d{4}-\d\d-\d\d$/m);
    expect(printed[0]).not.to.contain(key.slice(-32));

    expect(await revokeKey(environment, 'me', print)).to.equal(0);
    await eventually(
      () => get('/api/user/count'),
      ({ status }) => status === 401,
    );
    expect(await revokeKey(environment, 'me', print)).to.equal(2);
    expect(printed.at(-1)).to.equal('Cannot revoke the key: no valid key has the id or name "me"');
  });

  it('refuses bad input, and says what would be right', async () => {
    await using test = await openTestSystem({ aggregators: 0 });
    const environment = { MONGODB_URI: test.system.mongodbUri, CLUSTER_SECRET: test.clusterSecret };
    const printed: string[] = [];
    const create = (name: string, expires?: string) =>
      createKey(
        environment,
        { name, scope: 'read', ...(expires ? { expires } : {}) },
        (text) => void printed.push(text),
      );
    expect(await create('a b')).to.equal(2);
    expect(await create('ok', '90')).to.equal(2);
    expect(await create('ok')).to.equal(0);
    expect(await create('ok')).to.equal(2);
    expect(printed.filter((text) => text.startsWith('Cannot'))).to.deep.equal([
      'Cannot create a key: the name is "a b"; it must be 1 to 64 letters, digits and . _ @ -',
      'Cannot create a key: --expires is "90"; it must be a duration such as 12h, 90d or 2y',
      'Cannot create a key: a key named "ok" is valid already; revoke it first, or choose another name',
    ]);
  });
});
