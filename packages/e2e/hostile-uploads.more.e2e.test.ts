import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { call, eventually, forAll, linesOf, openTestSystem, type TestSystem } from '@muster/testing';
import { expect } from 'chai';
import { connectRaw, readToEnd, writeThenRead } from './raw-client.ts';
import { ada } from './write-users.ts';

const megabyte = Buffer.alloc(1024 * 1024, 'x');
const uploadMegabytes = 32;

/** The pieces of a request with a body of 32 MB and a Content-Length. */
const withLength = function* (start: string) {
  yield `${start}\r\nHost: muster\r\nContent-Length: ${uploadMegabytes * megabyte.length}\r\n`;
  yield 'Content-Type: application/json\r\n\r\n';
  for (let sent = 0; sent < uploadMegabytes; sent += 1) yield megabyte;
};

/** The pieces of a request with a chunked body of 32 MB, or of `megabytes`. */
const inChunks = function* (start: string, type = 'application/json', megabytes = uploadMegabytes) {
  yield `${start}\r\nHost: muster\r\nTransfer-Encoding: chunked\r\nContent-Type: ${type}\r\n\r\n`;
  for (let sent = 0; sent < megabytes; sent += 1)
    yield Buffer.concat([Buffer.from('100000\r\n'), megabyte, Buffer.from('\r\n')]);
  yield '0\r\n\r\n';
};

describe('A gateway that gets broken or hostile uploads', () => {
  let test: TestSystem;
  before(async () => {
    test = await openTestSystem({ aggregators: 1, environment: { REQUESTS_MAX: '20' } });
  });
  after(() => test[Symbol.asyncDispose]());

  const inFlight = async () => {
    const { healthPort } = JSON.parse(linesOf(test, 'gateway').find((line) => line.includes('healthPort')) ?? '{}');
    const metrics = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    return Number(/^muster_requests_in_flight\{.*\} (\d+)$/m.exec(metrics)?.[1]);
  };

  /** Sends the beginning of an upload, waits until the gateway counts it as in flight, and breaks the connection. */
  const abort = async (begin: string | Buffer, before: number) => {
    const socket = await connectRaw(test.url);
    socket.write(begin);
    await eventually(inFlight, (number) => number > before);
    socket.destroy();
  };

  const head = (more: string) =>
    `POST /api/user HTTP/1.1\r\nHost: muster\r\nContent-Type: application/json\r\n${more}\r\n\r\n`;

  const uploads: [name: string, begin: Buffer][] = [
    [
      'compressed',
      Buffer.concat([
        Buffer.from(head('Content-Encoding: gzip\r\nContent-Length: 500')),
        Buffer.from('1f8b0800000000000003ab56', 'hex'),
      ]),
    ],
    ['plain', Buffer.from(`${head('Content-Length: 500')}{"na`)],
    ['chunked', Buffer.from(`${head('Transfer-Encoding: chunked')}4\r\n{"na\r\n`)],
  ];

  for (const [name, begin] of uploads)
    it(`has no request in flight after 25 aborted ${name} uploads, and accepts the next one`, async () => {
      for (let aborted = 0; aborted < 25; aborted += 1) {
        await abort(begin, 0);
        await eventually(inFlight, (number) => number === 0, 5_000);
      }
      const sockets = await forAll(Array.from({ length: 20 }), 20, () => connectRaw(test.url));
      for (const socket of sockets) socket.write(begin);
      await eventually(inFlight, (number) => number === 20);
      for (const socket of sockets) socket.destroy();
      await eventually(inFlight, (number) => number === 0, 5_000);
      expect((await call(test.url, 'POST', '/api/user', { body: { id: `after-${name}`, ...ada } })).status).to.equal(
        201,
      );
    });

  it('finishes a write exactly once after its client has gone, and decides the next write on it', async () => {
    const body = JSON.stringify({ id: 'left', ...ada });
    const sockets = await forAll(Array.from({ length: 10 }), 10, () => connectRaw(test.url));
    for (const socket of sockets) {
      socket.write(`${head(`Content-Length: ${body.length}`)}${body}`, () => socket.destroy());
    }
    await eventually(inFlight, (number) => number === 0, 5_000);
    await eventually(
      () => call(test.url, 'GET', '/api/user/left'),
      ({ status }) => status === 200,
    );
    expect((await call(test.url, 'POST', '/api/user', { body: { id: 'left', ...ada } })).status).to.equal(409);
    expect((await call(test.url, 'PUT', '/api/user/left', { body: { group: 7 } })).headers.get('etag')).to.equal('"2"');
    expect(await test.shell.events.countDocuments({ entityId: 'left' })).to.equal(2);
  });

  const refused: [name: string, status: number, pieces: () => Iterable<string | Buffer>][] = [
    ['a body with its length', 413, () => withLength('POST /api/user HTTP/1.1')],
    ['a body in chunks', 413, () => inChunks('POST /api/user HTTP/1.1')],
    ['a body of another type', 415, () => inChunks('POST /api/user HTTP/1.1', 'text/plain')],
    ['a body for no route', 404, () => withLength('POST /api/nothing HTTP/1.1')],
    ['a body for an unknown method', 405, () => inChunks('PATCH /api/user HTTP/1.1')],
    ['a body with a read', 200, () => inChunks('GET /api/user HTTP/1.1')],
    ['a body of HTTP/1.0', 413, () => withLength('POST /api/user HTTP/1.0')],
  ];

  for (const [name, status, pieces] of refused)
    it(`answers ${status} to ${name} of 32 MB within 1 s, for a client that sends before it reads`, async () => {
      const reply = await writeThenRead(test.url, pieces());
      expect([reply.status, reply.failure], reply.text.slice(0, 500)).to.deep.equal([status, undefined]);
      expect(reply.text).to.match(/^Connection: close\r$/m);
      expect(() => JSON.parse(reply.body)).not.to.throw();
      expect(reply.ms).to.be.below(1_000);
    });

  it('answers 503 to a body of 32 MB while REQUESTS_MAX requests are in flight', async () => {
    const sockets = await forAll(Array.from({ length: 20 }), 20, () => connectRaw(test.url));
    for (const socket of sockets) socket.write(head('Content-Length: 500'));
    await eventually(inFlight, (number) => number === 20);
    const reply = await writeThenRead(test.url, inChunks('POST /api/user HTTP/1.1'));
    for (const socket of sockets) socket.destroy();
    await eventually(inFlight, (number) => number === 0, 5_000);
    expect([reply.status, JSON.parse(reply.body).written, reply.failure]).to.deep.equal([503, 'notWritten', undefined]);
  });

  it('answers at once when the head is enough to refuse, and closes without waiting for the body', async () => {
    const startedAt = performance.now();
    const socket = await connectRaw(test.url);
    socket.write(head('Content-Length: 33554432'));
    const text = await readToEnd(socket);
    expect(text).to.match(/^HTTP\/1\.1 413 /);
    expect(performance.now() - startedAt).to.be.below(1_000);
  });

  it('closes the connection of a client that does not stop sending', async () => {
    const reply = await writeThenRead(test.url, inChunks('POST /api/user HTTP/1.1', 'application/json', 1_000));
    expect(reply.failure).to.match(/EPIPE|ECONNRESET/);
    expect(reply.ms).to.be.below(10_000);
  });

  it('keeps the connection when the rest of a refused body is small', async () => {
    const socket = await connectRaw(test.url);
    socket.write('POST /api/user HTTP/1.1\r\nHost: muster\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n');
    await new Promise((resolve) => socket.once('readable', resolve));
    expect(String(socket.read())).to.match(/^HTTP\/1\.1 415 /);
    socket.write('0123456789GET /api/user/none HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n\r\n');
    expect(await readToEnd(socket)).to.match(/^HTTP\/1\.1 404 /);
  });

  /** Sends these bytes as the body, with these headers. */
  const post = async (body: Buffer, headers: Record<string, string>) => {
    const response = await fetch(`${test.url}/api/user`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: new Uint8Array(body),
    });
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text), headers: response.headers };
  };

  const json = (id: string) => Buffer.from(JSON.stringify({ id, ...ada }));

  const taken: [encoding: string, compress: (text: Buffer) => Buffer][] = [
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (text) => text],
  ];

  it('accepts every known encoding in upper or lower case, and every type that ends in +json', async () => {
    for (const [index, [encoding, compress]] of taken.entries()) {
      const reply = await post(compress(json(`encoded-${index}`)), { 'content-encoding': encoding });
      expect([reply.status, reply.body.name], encoding).to.deep.equal([201, ada.name]);
    }
    const types = [
      'application/merge-patch+json',
      'application/vnd.muster.v1+json',
      'application/json; charset=utf-8',
      'application/json; charset="UTF8"',
    ];
    for (const [index, type] of types.entries()) {
      const reply = await post(json(`typed-${index}`), { 'content-type': type });
      expect([reply.status, reply.body.name], type).to.deep.equal([201, ada.name]);
    }
  });

  const latin1 = Buffer.from(JSON.stringify({ ...ada, name: 'Zoé' }), 'latin1');
  const bad: [
    name: string,
    status: number,
    problem: string,
    detail: RegExp,
    body: Buffer,
    headers: Record<string, string>,
  ][] = [
    ['plain text as gzip', 400, 'invalid-body', /not valid gzip/, json('bad'), { 'content-encoding': 'gzip' }],
    [
      'gzip cut short',
      400,
      'invalid-body',
      /not valid gzip/,
      gzipSync(json('bad')).subarray(0, -9),
      { 'content-encoding': 'gzip' },
    ],
    ['nothing as gzip', 400, 'invalid-body', /not valid gzip/, Buffer.alloc(0), { 'content-encoding': 'gzip' }],
    [
      'gzip with more behind it',
      400,
      'invalid-body',
      /gzip/,
      Buffer.concat([gzipSync(json('bad')), json('bad')]),
      { 'content-encoding': 'gzip' },
    ],
    ['plain text as deflate', 400, 'invalid-body', /not valid deflate/, json('bad'), { 'content-encoding': 'deflate' }],
    ['plain text as br', 400, 'invalid-body', /not valid br/, json('bad'), { 'content-encoding': 'br' }],
    ['two encodings', 415, 'unsupported-media-type', /gzip, br/, json('bad'), { 'content-encoding': 'gzip, br' }],
    ['an unknown encoding', 415, 'unsupported-media-type', /zstd/, json('bad'), { 'content-encoding': 'zstd' }],
    ['a zip bomb', 413, 'body-too-large', /65536/, gzipSync(Buffer.alloc(20_000_000)), { 'content-encoding': 'gzip' }],
    [
      'a bomb of br',
      413,
      'body-too-large',
      /65536/,
      brotliCompressSync(Buffer.alloc(1_000_000)),
      { 'content-encoding': 'br' },
    ],
    ['gzip of latin1', 400, 'invalid-body', /position 11/, gzipSync(latin1), { 'content-encoding': 'gzip' }],
    ['bytes that are not UTF-8', 400, 'invalid-body', /position 11/, latin1, {}],
    [
      'another charset',
      415,
      'unsupported-media-type',
      /UTF-8/,
      latin1,
      { 'content-type': 'application/json; charset=iso-8859-1' },
    ],
    [
      'a charset of 16 bits',
      415,
      'unsupported-media-type',
      /UTF-8/,
      json('bad'),
      { 'content-type': 'application/json; charset=utf-16le' },
    ],
  ];

  it('refuses a body that it cannot decode with the reason, without a 5xx, a log line or an event', async () => {
    const [linesBefore, eventsBefore] = [linesOf(test, 'gateway').length, await test.shell.events.countDocuments({})];
    for (const [name, status, problem, detail, body, headers] of bad) {
      const reply = await post(body, headers);
      expect([reply.status, reply.body.type], `${name}: ${JSON.stringify(reply.body)}`).to.deep.equal([
        status,
        `/problems/${problem}`,
      ]);
      expect(reply.body.detail, name).to.match(detail);
      if (name.includes('encoding')) expect(reply.headers.get('accept-encoding'), name).to.equal('gzip, deflate, br');
    }
    expect(linesOf(test, 'gateway').slice(linesBefore)).to.deep.equal([]);
    expect(await test.shell.events.countDocuments({})).to.equal(eventsBefore);
  });

  const odd: [name: string, request: string, status: number][] = [
    ['an escape in the path that is no text', 'GET /api/user/%E0%A4%A HTTP/1.1', 400],
    ['an escape without digits in the path', 'DELETE /api/user/% HTTP/1.1', 400],
    ['an escape in the query that is no text', 'GET /api/user?offset=%E0%A4%A HTTP/1.1', 400],
    ['a path of slashes', 'GET // HTTP/1.1', 404],
    ['an address with a host', 'GET http://muster/api/user/none HTTP/1.1', 404],
    ['an address that is none', 'GET http://[/api/user HTTP/1.1', 400],
    ['an address without a host', 'GET http:// HTTP/1.1', 400],
    ['an If-Match of weak ETags', 'DELETE /api/user/none HTTP/1.1\r\nIf-Match: W/"1", "2"', 404],
    ['an If-Match of 20 digits', 'DELETE /api/user/none HTTP/1.1\r\nIf-Match: "99999999999999999999"', 404],
    ['an If-None-Match that is no ETag', 'GET /api/user/none HTTP/1.1\r\nIf-None-Match: ,,"', 400],
    ['a minimum version of bytes', 'GET /api/user/none HTTP/1.1\r\nMuster-Min-Version: \u00ff', 400],
    ['a content type without a type', 'POST /api/user HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: ;;', 415],
    [
      'a body of one byte too many',
      'POST /api/user HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1',
      400,
    ],
    [
      'a length that is no number',
      'POST /api/user HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: x',
      400,
    ],
    [
      'chunks that are none',
      'POST /api/user HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked',
      400,
    ],
  ];

  it('answers malformed requests with a 4xx and logs nothing', async () => {
    const linesBefore = linesOf(test, 'gateway').length;
    for (const [name, request, status] of odd) {
      const reply = await writeThenRead(test.url, [
        `${request}\r\nHost: muster\r\nConnection: close\r\n\r\n${request.startsWith('POST') ? '{}' : ''}`,
      ]);
      expect(reply.status, `${name}: ${reply.text}`).to.equal(status);
    }
    expect(linesOf(test, 'gateway').slice(linesBefore)).to.deep.equal([]);
    await eventually(inFlight, (number) => number === 0, 5_000);
  });
});
