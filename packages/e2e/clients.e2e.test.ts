import { entities } from '@muster/entities';
import { newKey, openLog, storeKey } from '@muster/store';
import { call, eventually, openShell, openTestDatabase } from '@muster/testing';
import { expect } from 'chai';
import { runInProcess } from './run-in-process.ts';

const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };

describe('A client', () => {
  it('that sends more than RATE_LIMIT gets 429, and others do not', async () => {
    const environment = { RATE_LIMIT: '5/60', TRUST_PROXY_HOPS: '1', AUTH: 'off' };
    await using system = await runInProcess(entities, { aggregators: 0, environment });
    // the proxy adds the address that it saw; what stands before it came from the client
    const get = (address: string) =>
      call(system.url, 'GET', '/api/user/x', { headers: { 'x-forwarded-for': `9.9.9.9, ${address}` } });
    const answers = [];
    for (let sent = 0; sent < 7; sent += 1) answers.push(await get('10.0.0.1'));
    expect(answers.map(({ status }) => status)).to.deep.equal([404, 404, 404, 404, 404, 429, 429]);
    const [first, refused] = [answers[0], answers[6]];
    expect(first?.headers.get('ratelimit-policy')).to.equal('"client";q=5;w=60');
    expect(first?.headers.get('ratelimit')).to.match(/^"client";r=4;t=(59|60)$/);
    expect(refused?.headers.get('ratelimit')).to.match(/^"client";r=0;t=\d+$/);
    expect(Number(refused?.headers.get('retry-after'))).to.be.within(1, 60);
    expect(refused?.body.title).to.equal('The client sent too many requests');
    expect((await get('10.0.0.2')).status).to.equal(404);
  });

  it('cannot choose its address when there is no proxy', async () => {
    await using system = await runInProcess(entities, { aggregators: 0, environment: { RATE_LIMIT: '2/60' } });
    const statuses = [];
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
      statuses.push((await call(system.url, 'GET', '/api/user/x', { headers: { 'x-forwarded-for': address } })).status);
    expect(statuses).to.deep.equal([404, 404, 429]);
  });

  it('that tries keys gets 429 after some, and a client with a key has a rate of its own', async () => {
    const environment = { RATE_LIMIT: '3/60', AUTH: 'on' };
    await using database = await openTestDatabase();
    await using log = openLog({ ...database, appName: 'test' });
    const { key, document } = newKey({ name: 'reader', scope: 'read', createdAt: new Date() });
    await storeKey(log, document, 5_000);
    await using system = await runInProcess(entities, { aggregators: 0, environment, database });
    const withKey = (method: string) =>
      call(system.url, method, '/api/user/x', { headers: { authorization: `Bearer ${key}` } });
    await eventually(
      () => withKey('GET'),
      ({ status }) => status === 404, // 503 until the keys are read
    );
    const statuses = [];
    for (let tried = 0; tried < 5; tried += 1) {
      const headers = { authorization: `Bearer muster_${tried}` };
      statuses.push((await call(system.url, 'GET', '/api/user/x', { headers })).status);
    }
    expect(statuses).to.deep.equal([401, 401, 401, 429, 429]);
    const own = [];
    for (const method of ['GET', 'DELETE', 'DELETE', 'GET']) own.push((await withKey(method)).status);
    expect(own).to.deep.equal([404, 403, 429, 429]); // what the key may not do counts for the key
  });

  it('in a browser may call from the origins of CORS_ORIGINS only', async () => {
    const environment = { CORS_ORIGINS: 'https://shop.example,http://localhost:5173' };
    await using system = await runInProcess(entities, { aggregators: 0, environment });
    const ask = (method: string, origin: string, more = {}) =>
      call(system.url, method, '/api/user/x', { headers: { origin, ...more } });
    const allowed = await ask('GET', 'https://shop.example');
    expect(allowed.headers.get('access-control-allow-origin')).to.equal('https://shop.example');
    expect(allowed.headers.get('access-control-expose-headers')).to.contain('ETag').and.contain('X-Request-Id');
    expect(allowed.headers.get('vary')?.toLowerCase()).to.contain('origin');
    const asking = { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' };
    const preflight = await ask('OPTIONS', 'http://localhost:5173', asking);
    expect(preflight.status).to.equal(204);
    expect(preflight.headers.get('access-control-allow-methods')).to.contain('PATCH');
    expect(preflight.headers.get('access-control-allow-headers')).to.contain('If-Match');
    for (const origin of ['https://evil.example', 'https://shop.example.evil', 'null'])
      expect((await ask('GET', origin)).headers.get('access-control-allow-origin'), origin).to.equal(null);
  });

  it('in a browser cannot be made to write by a page of another origin, where no key is needed', async () => {
    const environment = { CORS_ORIGINS: 'https://shop.example' };
    await using system = await runInProcess(entities, { aggregators: 0, environment });
    const post = async (id: string, headers: Record<string, string>) =>
      (await call(system.url, 'POST', '/api/user', { body: { id, ...ada }, headers })).status;
    expect(await post('a', { origin: 'https://evil.example' })).to.equal(403);
    expect(await post('a', { 'sec-fetch-site': 'cross-site' })).to.equal(403);
    expect(await post('a', { origin: 'null' })).to.equal(403);
    expect(await post('a', { origin: system.url })).to.equal(201);
    expect(await post('b', { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' })).to.equal(201);
    const read = await call(system.url, 'GET', '/api/user/a', { headers: { origin: 'https://evil.example' } });
    expect(read.status).to.equal(200);
  });

  it('finds its trace in the events, if it is valid', async () => {
    await using system = await runInProcess(entities, { aggregators: 0 });
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const invalid = [
      '00-xyz-00f067aa0ba902b7-01',
      `${trace}-01`,
      trace.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)),
    ];
    const others = [{}, { 'x-other': '1' }] as Record<string, string>[]; // the second one is for Koa
    const sent = [trace, ...invalid].flatMap((traceparent) => others.map((other) => ({ traceparent, ...other })));
    for (const [index, headers] of sent.entries())
      await call(system.url, 'POST', '/api/user', { body: { id: `t${index}`, ...ada }, headers });
    await using shell = openShell(system);
    const events = await shell.events.find({}).sort({ entityId: 1 }).toArray();
    expect(events.map(({ meta }) => meta.trace)).to.deep.equal([
      trace,
      trace,
      ...invalid.flatMap(() => [undefined, undefined]),
    ]);
  });
});
