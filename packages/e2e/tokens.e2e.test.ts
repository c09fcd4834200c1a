import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { entities } from '@muster/entities';
import { call, openShell } from '@muster/testing';
import { expect } from 'chai';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { runInProcess } from './run-in-process.ts';

const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };
const issuer = 'https://login.example';

/** An identity provider: it publishes a key and signs tokens with it. */
const openProvider = async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const published = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] };
  const asked = { count: 0 };
  const server = createServer((_, response) => {
    asked.count += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(published));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sign = (claims: object, { key = privateKey, audience = 'muster', by = issuer, expires = '5m' } = {}) =>
    new SignJWT({ scope: 'openid muster:write', sub: 'ada@login', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuer(by)
      .setAudience(audience)
      .setExpirationTime(expires)
      .sign(key);
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  return { asked, sign, url, close, [Symbol.asyncDispose]: close };
};

describe('Tokens of an identity provider', () => {
  it('are as good as keys, on both roads, and their subject stands in the events', async () => {
    await using provider = await openProvider();
    const environment = { AUTH: 'on', JWKS_URL: provider.url, JWT_ISSUER: issuer, JWT_AUDIENCE: 'muster' };
    await using system = await runInProcess(entities, { aggregators: 0, environment });
    const ask = (method: string, path: string, token: string, body?: object, more = {}) =>
      call(system.url, method, path, { body, headers: { authorization: `Bearer ${token}`, ...more } });
    const token = await provider.sign({});
    for (const [index, more] of [{}, {}, { 'x-other': '1' }].entries())
      expect((await ask('POST', '/api/user', token, { id: `t${index}`, ...ada }, more)).status).to.equal(201);
    await using shell = openShell(system);
    const events = await shell.events.find({}).toArray();
    expect(events.map(({ meta }) => meta.actor)).to.deep.equal([
      'token:ada@login',
      'token:ada@login',
      'token:ada@login',
    ]);
    expect(provider.asked.count).to.equal(1);

    const reading = await provider.sign({ scope: 'muster:read' });
    expect((await ask('GET', '/api/user/t0', reading)).status).to.equal(200);
    expect((await ask('PUT', '/api/user/t0', reading, { group: 2 })).status).to.equal(403);

    const { privateKey } = await generateKeyPair('ES256');
    const bad = {
      'of another key': await provider.sign({}, { key: privateKey }),
      'for another service': await provider.sign({}, { audience: 'other' }),
      'of another issuer': await provider.sign({}, { by: 'https://evil.example' }),
      'that has expired': await provider.sign({}, { expires: '-1m' }),
      'without a scope of ours': await provider.sign({ scope: 'openid' }),
      'with a number as subject': await provider.sign({ sub: 42 }),
      'without a subject': await provider.sign({ sub: undefined }),
      'without a signature': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`,
      'that is none': 'abc.def.ghi',
    };
    for (const [name, one] of Object.entries(bad))
      expect((await ask('GET', '/api/user/t0', one)).status, name).to.equal(401);
  });

  it('that cannot be verified, as the provider does not answer, get 503', async () => {
    const provider = await openProvider();
    const token = await provider.sign({});
    await provider.close();
    const environment = { AUTH: 'on', JWKS_URL: provider.url, JWT_ISSUER: issuer, JWT_AUDIENCE: 'muster' };
    await using system = await runInProcess(entities, { aggregators: 0, environment });
    const reply = await call(system.url, 'GET', '/api/user/x', { headers: { authorization: `Bearer ${token}` } });
    expect([reply.status, reply.headers.get('retry-after')]).to.deep.equal([503, '1']);
  });
});
