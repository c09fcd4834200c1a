import { entities } from '@muster/entities';
import { newKey, openLog, revokeKeys, storeKey } from '@muster/store';
import { call, eventually, openShell } from '@muster/testing';
import { expect } from 'chai';
import { runInProcess } from './run-in-process.ts';

const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };
const deadlineMs = 5_000;

describe('API keys', () => {
  it('are needed on both roads, stand in the events, and end when they are revoked', async () => {
    await using system = await runInProcess(entities, { aggregators: 1, environment: { AUTH: 'on' } });
    await using log = openLog({ uri: system.uri, database: system.database, appName: 'test' });
    const keyOf = async (name: string, scope: 'read' | 'write') => {
      const { key, document } = newKey({ name, scope, createdAt: new Date() });
      await storeKey(log, document, deadlineMs);
      return key;
    };
    const [writing, reading] = [await keyOf('writer', 'write'), await keyOf('reader', 'read')];
    // the second header is known to no route, so that the request passes through Koa
    const roads = [{}, { 'x-other': '1' }] as Record<string, string>[];
    const ask = (method: string, path: string, key: string | undefined, more: object, body?: object) =>
      call(system.url, method, path, {
        body,
        headers: { ...more, ...(key ? { authorization: `Bearer ${key}` } : {}) },
      });

    await eventually(
      () => ask('GET', '/api/user/x', reading, {}),
      ({ status }) => status === 404,
    );
    for (const [index, road] of roads.entries()) {
      const body = { id: `x${index}`, ...ada };
      for (const key of [undefined, `${writing}x`, 'muster_x_y']) {
        const refused = await ask('POST', '/api/user', key, road, body);
        expect([refused.status, refused.body.status]).to.deep.equal([401, 401]);
        expect(refused.headers.get('www-authenticate')).to.match(/^Bearer realm="muster"/);
        expect((await ask('GET', '/api/user/count', key, road)).status).to.equal(401);
      }
      expect((await ask('POST', '/api/user', reading, road, body)).status).to.equal(403);
      expect((await ask('POST', '/api/user', writing, road, body)).status).to.equal(201);
      expect((await ask('GET', `/api/user/x${index}`, reading, road)).status).to.equal(200);
      expect((await ask('OPTIONS', '/api/user', undefined, road)).status).to.equal(204);
      expect((await ask('PUT', `/api/user/x${index}`, undefined, road, { group: 2 })).status).to.equal(401);
    }
    await using shell = openShell(system);
    const events = await shell.events.find({}).toArray();
    expect(events.map(({ meta }) => meta.actor)).to.deep.equal(['writer', 'writer']);

    expect(await revokeKeys(log, 'writer', new Date(), deadlineMs)).to.equal(1);
    await eventually(
      () => ask('PUT', '/api/user/x0', writing, {}, { group: 2 }),
      ({ status }) => status === 401,
      5_000,
    );
    expect((await ask('GET', '/api/user/x0', reading, {})).status).to.equal(200);
  });
});
