import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { call } from '@muster/testing';
import { expect } from 'chai';
import { entities } from '../../examples/bank-account/entities.ts';
import { generateClient } from './generate-client.ts';
import { writeThenRead } from './raw-client.ts';
import { type InProcess, runInProcess } from './run-in-process.ts';

const root = findProjectRoot();

describe('A service that explains itself', function () {
  this.timeout(120_000);

  let system: InProcess;
  before(async () => {
    system = await runInProcess(entities, { aggregators: 0 });
  });
  after(() => system?.[Symbol.asyncDispose]());

  const get = (path: string, headers: Record<string, string> = {}) => call(system.url, 'GET', path, { headers });
  const html = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' };

  it('has a description from which the typed client of the example is made', async () => {
    const { status, headers, body } = await get('/openapi.json');
    expect([status, headers.get('content-type'), body.openapi]).to.deep.equal([
      ...[200, 'application/json; charset=utf-8', '3.1.0'],
    ]);
    const made = await generateClient(body);
    const kept = await readFile(join(root, 'examples', 'bank-account', 'api.d.ts'), 'utf8');
    expect(made === kept, 'examples/bank-account/api.d.ts is up to date: otherwise run npm run client').to.equal(true);
    const again = await get('/openapi.json', { 'if-none-match': headers.get('etag') ?? '' });
    expect([again.status, again.text]).to.deep.equal([304, '']);
  });

  it('has a page that tries it, with all files from this service', async () => {
    const page = await get('/docs', html);
    expect([page.status, page.headers.get('content-type')]).to.deep.equal([200, 'text/html; charset=utf-8']);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy)
      .to.include("default-src 'none'")
      .and.include("connect-src 'self'")
      .and.not.match(/https?:|\*/);
    const used = [...page.text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(used).to.have.length(3);
    for (const path of [...used, '/docs/LICENSE', '/docs/NOTICE']) {
      const file = await get(path);
      expect([file.status, file.headers.get('x-content-type-options')], path).to.deep.equal([200, 'nosniff']);
    }
    expect((await get('/docs/package.json')).status).to.equal(404);
    expect((await get('/docs/..%2f..%2fpackage.json')).status).to.equal(404);
  });

  it('answers with problems whose type opens a page, for people and for programs', async () => {
    const { body: problem } = await get('/api/account/nobody');
    expect(problem.type).to.equal('/problems/not-found');
    const page = await get(problem.type, html);
    expect([page.status, page.headers.get('content-type')]).to.deep.equal([200, 'text/html; charset=utf-8']);
    expect(page.text).to.include('<h1>404 The thing was not found</h1>').and.include('curl -i ');
    expect(page.headers.get('vary')).to.include('Accept');
    expect((await get(problem.type)).body).to.include({ type: problem.type, status: 404 });
    expect((await get('/problems/insufficient-funds')).body).to.include({ entity: 'account', status: 409 });
    expect((await get('/problems', html)).text).to.include('href="/problems/insufficient-funds"');
    const unknown = await get('/problems/no-such-problem');
    expect([unknown.status, unknown.body.type]).to.deep.equal([404, '/problems/no-such-route']);
  });

  it('answers what is no request of HTTP with problems, and closes the connection', async () => {
    const head = (...lines: string[]) => [...lines, '', ''].join('\r\n');
    const odd: [string, number, string][] = [
      [head('GET /api/account/count HTTP/1.1', 'Host: a', `Cookie: ${'x'.repeat(20_000)}`), 431, 'head-too-large'],
      [head('GET /api/account/count HTTP/1.1'), 400, 'invalid-request'],
      [head('GET /api/account/count HTTP/1.1', 'Host: a', 'Bad Header: x'), 400, 'invalid-request'],
      [head('nothing that is HTTP'), 400, 'invalid-request'],
      [
        head('GET /api/account/count HTTP/1.1', 'Host: a', 'Connection: close', 'Expect: 200-ok'),
        ...([417, 'expectation-failed'] as const),
      ],
    ];
    for (const [sent, status, name] of odd) {
      const { text, body, failure, ...reply } = await writeThenRead(system.url, [sent]);
      expect([reply.status, failure], text).to.deep.equal([status, undefined]);
      expect(text).to.match(/^Content-Type: application\/problem\+json; charset=utf-8\r$/m);
      expect(text)
        .to.match(/^Connection: close\r$/m)
        .and.match(/^X-Request-Id: .+\r$/m);
      expect(JSON.parse(body)).to.include({ type: `/problems/${name}`, status });
    }
  });

  it('refuses other methods than those that it describes, and names these', async () => {
    const refused: [string, string, string][] = [
      ['PUT', '/api/account/count', 'HEAD, GET'],
      ['GET', '/api/account/ada:deposit', 'POST'],
      ['DELETE', '/api/account/ada:deposit/', 'POST'],
      ['DELETE', '/openapi.json', 'HEAD, GET'],
    ];
    for (const [method, path, allowed] of refused) {
      const { status, body, headers } = await call(system.url, method, path);
      expect([status, body.type, headers.get('allow')], `${method} ${path}`).to.deep.equal([
        ...[405, '/problems/method-not-allowed', allowed],
      ]);
      const asked = await call(system.url, 'OPTIONS', path);
      expect([asked.status, asked.headers.get('allow')]).to.deep.equal([204, allowed]);
    }
    expect((await call(system.url, 'GET', '/api/account/ada:freeze')).status).to.equal(400); // no command
  });

  it('answers a complete request before it refuses what follows', async () => {
    const body = '{"id":"first","owner":"Ada"}';
    const headers = ['Host: a', 'Content-Type: application/json', `Content-Length: ${body.length}`];
    const post = ['POST /api/account HTTP/1.1', ...headers, '', body].join('\r\n');
    const { text } = await writeThenRead(system.url, [`${post}no HTTP\r\n\r\n`]);
    expect(text.match(/HTTP\/1\.1 \d{3}(?= )/g)).to.deep.equal(['HTTP/1.1 201', 'HTTP/1.1 400']);
  });

  it('explains itself without a key, also where the things need one', async () => {
    await using closed = await runInProcess(entities, { aggregators: 0, environment: { AUTH: 'on' } });
    const statusOf = async (path: string) => (await call(closed.url, 'GET', path)).status;
    for (const path of ['/docs', '/docs/start.js', '/openapi.json', '/problems', '/problems/key-required'])
      expect(await statusOf(path), path).to.equal(200);
    for (const path of ['/api/account/count', '/docs/../api/account/count', '/docs/x/y', '/problemsx'])
      expect(await statusOf(path), path).to.equal(401);
  });
});
