import { countBy, defineRecord } from '@muster/model';
import { newKey, openLog, revokeKeys, storeKey } from '@muster/store';
import {
  call,
  eventsOf,
  eventually,
  foldLiveList,
  lastIdOf,
  type Message,
  openTestDatabase,
  readFeed,
  type TestDatabase,
} from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { WebSocket } from 'ws';
import { connectRaw, readToEnd } from './raw-client.ts';
import { type InProcess, runInProcess } from './run-in-process.ts';

const book = defineRecord({
  name: 'book',
  title: 'Book',
  collection: 'Books',
  fields: { title: Joi.string().max(50_000), pages: Joi.number() },
  indexes: ['title', 'pages'],
  views: { byPages: countBy('pages') },
});
const entities = [book];

type Said = Message & { subscription?: string };
type Opened = Disposable & {
  ws: WebSocket;
  said: Said[];
  of: (subscription: string) => Said[];
  send: (message: unknown) => void;
  closed: Promise<{ code: number; reason: string }>;
};

/** Opens a WebSocket, or returns the status with which it was refused. */
const openSocket = (
  url: string,
  { protocols = [], headers = {} }: { protocols?: string[]; headers?: Record<string, string> } = {},
): Promise<Opened | number> =>
  new Promise((resolve) => {
    const ws = new WebSocket(`${url.replace('http', 'ws')}/api/live`, protocols, { headers });
    const said: Said[] = [];
    ws.on('error', () => undefined);
    ws.on('unexpected-response', (_, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    ws.on('message', (text) => said.push({ id: '', ...JSON.parse(text.toString()) }));
    const closed = new Promise<{ code: number; reason: string }>((settle) =>
      ws.once('close', (code, reason) => settle({ code, reason: reason.toString() })),
    );
    ws.once('open', () =>
      resolve({
        ...{ ws, said, closed, of: (name: string) => said.filter(({ subscription }) => subscription === name) },
        send: (message) => ws.send(typeof message === 'string' ? message : JSON.stringify(message)),
        [Symbol.dispose]: () => ws.terminate(),
      }),
    );
  });

const opened = async (...asked: Parameters<typeof openSocket>): Promise<Opened> => {
  const result = await openSocket(...asked);
  if (typeof result === 'number') throw new Error(`The WebSocket was refused with ${result}`);
  return result;
};

describe('A WebSocket of the feed', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  const open: InProcess[] = [];
  const run = async (environment: Record<string, string> = {}, aggregators = 0) => {
    const system = await runInProcess(entities, {
      ...{ aggregators, database, environment: { REPLICA_DEADLINE_MS: '5000', ...environment } },
    });
    open.push(system);
    return system;
  };
  beforeEach(async () => {
    database = await openTestDatabase();
  });
  afterEach(async () => {
    for (const system of open.splice(0).reverse()) await system[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const create = (url: string, id: string, title = 'one', pages = 1) =>
    call(url, 'POST', '/api/book', { body: { id, title, pages } });
  const until = (isSo: () => boolean, withinMs?: number) =>
    eventually(
      async () => isSo(),
      (so) => so,
      withinMs,
    );
  const eventIds = (messages: readonly Said[]) => eventsOf({ messages: [...messages] }).map(({ data }) => data.id);

  it('takes several subscriptions, each with what server-sent events give, and ends one of them', async () => {
    const { url } = await run({}, 1);
    await create(url, 'a');
    using socket = await opened(url);
    using events = await readFeed(`${url}/api/events`);
    const paths = {
      ...{ all: '/api/events', one: '/api/book/b/events', thing: '/api/book/a' },
      ...{ list: '/api/book?sort=-title&limit=5', view: '/api/book/views/byPages' },
    };
    for (const [subscribe, to] of Object.entries(paths)) socket.send({ subscribe, to });
    await until(() => Object.keys(paths).every((name) => socket.of(name).length > 0));
    await create(url, 'b', 'two', 2);
    await call(url, 'PUT', '/api/book/a', { body: { title: 'three' } });
    await until(() => eventIds(socket.of('all')).length === 2 && eventsOf(events).length === 2);
    const plain = ({ id, event, data }: Message) => ({ id, event, data });
    expect(eventsOf({ messages: socket.of('all') }).map(plain)).to.deep.equal(eventsOf(events).map(plain));
    for (const name of ['list', 'view', 'thing'] as const) {
      const wanted = await call(url, 'GET', paths[name]);
      const items = name === 'thing' ? [wanted.body] : wanted.body;
      await eventually(
        async () => foldLiveList(socket.of(name)).lists.at(-1),
        (list) => JSON.stringify(list) === JSON.stringify(items),
      );
    }
    socket.send({ unsubscribe: 'all' });
    await until(() => socket.of('all').at(-1)?.event === 'unsubscribed');
    await create(url, 'c');
    await call(url, 'PUT', '/api/book/b', { body: { title: 'four' } });
    await until(() => eventIds(socket.of('one')).length === 2);
    expect(eventIds(socket.of('all'))).to.have.length(2);
    socket.send({ subscribe: 'all', to: '/api/events', after: lastIdOf({ messages: socket.of('one').slice(0, -1) }) });
    await until(() => eventIds(socket.of('all')).length === 5); // the name is free again, and nothing is missing
  });

  it('refuses what it cannot do, and leaves the other subscriptions alone', async () => {
    const { url } = await run();
    using socket = await opened(url);
    socket.send({ subscribe: 'all', to: '/api/events' });
    await until(() => socket.of('all').length > 0);
    const problems = () => socket.said.filter(({ event }) => event === 'problem');
    for (const [message, pointer] of [
      [{ subscribe: 'all', to: '/api/events' }, '/subscribe'],
      [{ subscribe: 'x', to: '/api/nothing' }, '/to'],
      [{ subscribe: 'x', to: '/api/book/a/b/c' }, '/to'],
      [{ subscribe: 'x', to: 'http://other/api/events' }, ''],
      [{ subscribe: 'x', to: '/api/book?filter[x]=1' }, '/filter[x]'],
      [{ subscribe: 'x', to: '/api/events?types=Nothing' }, '/types'],
      [{ subscribe: 'x', to: '/api/events', after: 'nonsense' }, '/after'],
      [{ subscribe: 'x' }, ''],
      [{ subscribe: 'x', to: '/api/events', unsubscribe: 'y' }, ''],
      ['no JSON', ''],
      ['[]', ''],
    ] as const) {
      const before = problems().length;
      socket.send(message);
      await until(() => problems().length > before);
      const { data } = problems().at(-1) as Said;
      const errors = data.errors as { pointer: string }[];
      expect([data.status, errors[0]?.pointer], JSON.stringify(message)).to.deep.equal([400, pointer]);
    }
    socket.ws.send(Buffer.from([1, 2, 3]));
    await until(() => problems().length === 12);
    socket.send({ subscribe: 'gone', to: '/api/book/nobody' });
    await until(() => socket.of('gone').at(-1)?.data.status === 404);
    await create(url, 'a');
    await until(() => eventIds(socket.of('all')).length === 1);
    socket.ws.send('x'.repeat(20_000));
    expect((await socket.closed).code).to.equal(1009);
  });

  it('needs a key where the service does, also from a browser, and ends when the key is revoked', async () => {
    await using log = openLog({ ...database, appName: 'test' });
    const { key, document } = newKey({ name: 'reader', scope: 'read', createdAt: new Date() });
    await storeKey(log, document, 5_000);
    const { url } = await run({ AUTH: 'on' });
    expect(await openSocket(url)).to.equal(401);
    expect(await openSocket(url, { protocols: ['muster', 'muster.key.wrong'] })).to.equal(401);
    await eventually(
      () => call(url, 'GET', '/api/book', { headers: { authorization: `Bearer ${key}` } }),
      ({ status }) => status !== 503, // until the keys are read
    );
    using byHeader = await opened(url, { headers: { authorization: `Bearer ${key}` } });
    using byProtocol = await opened(url, { protocols: ['muster', `muster.key.${key}`] });
    expect(byProtocol.ws.protocol).to.equal('muster');
    for (const { send } of [byHeader, byProtocol]) send({ subscribe: 'all', to: '/api/events' });
    await until(() => byHeader.said.length > 0 && byProtocol.said.length > 0);
    await revokeKeys(log, 'reader', new Date(), 5_000);
    await until(() => [byHeader, byProtocol].every(({ of }) => of('all').at(-1)?.data.reason === 'key-refused'));
    byHeader.send({ subscribe: 'again', to: '/api/events' });
    await until(() => ['end', 'problem'].includes(byHeader.of('again').at(-1)?.event ?? ''));
  });

  it('is refused to pages of other origins, unless CORS_ORIGINS names theirs', async () => {
    const one = await run();
    expect(await openSocket(one.url, { headers: { origin: 'http://elsewhere.example' } })).to.equal(403);
    using own = await opened(one.url, { headers: { origin: one.url } });
    expect(own.ws.readyState).to.equal(WebSocket.OPEN);
    const two = await run({ CORS_ORIGINS: 'http://elsewhere.example' });
    using named = await opened(two.url, { headers: { origin: 'http://elsewhere.example' } });
    expect(named.ws.readyState).to.equal(WebSocket.OPEN);
  });

  it('counts for its client and for the rate, and no more when it is closed', async () => {
    const { url } = await run({ LIVE_CLIENT_MAX: '2', RATE_LIMIT: '9/2' });
    using socket = await opened(url);
    socket.send({ subscribe: 'a', to: '/api/events' });
    await until(() => socket.of('a').length > 0);
    socket.send({ subscribe: 'b', to: '/api/events' });
    await until(() => socket.of('b').at(-1)?.data.status === 429);
    expect(await openSocket(url)).to.equal(429);
    for (let n = 0; n < 12; n += 1) socket.send({ subscribe: `n${n}`, to: '/api/nothing' });
    await until(() => socket.said.filter(({ event }) => event === 'problem').length === 13);
    expect(socket.said.at(-1)?.data).to.deep.include({ status: 429, type: '/problems/too-many-requests' });
    socket.ws.close();
    await socket.closed;
    using next = (await eventually(
      () => openSocket(url),
      (result) => typeof result !== 'number',
    )) as Opened;
    next.send({ subscribe: 'a', to: '/api/events' });
    await until(() => next.of('a').some(({ event }) => event === 'bookmark'));
  });

  it('is closed if it does not read, and delays no other one', async () => {
    const { url } = await run({ LIVE_RING_EVENTS: '20', LIVE_CLIENT_MAX: '4' });
    using stuck = await opened(url);
    using other = await opened(url);
    for (const { send } of [stuck, other]) send({ subscribe: 'all', to: '/api/events' });
    await until(() => stuck.said.length > 0 && other.said.length > 0);
    stuck.ws.pause();
    await create(url, 'a');
    const title = '\u0001'.repeat(10_000); // takes 60 KB as JSON
    // a further subscription is possible when the stuck one was ended
    const isEnded = async () => {
      using probe = await readFeed(`${url}/api/events`);
      return probe.status === 200;
    };
    let changes = 0;
    for (; changes < 1_000 && (changes % 10 > 0 || !(await isEnded())); changes += 1)
      await call(url, 'PUT', '/api/book/a', { body: { title: `${changes} ${title}` } });
    stuck.ws.resume();
    expect(await stuck.closed).to.deep.equal({ code: 1008, reason: 'too slow' });
    expect(stuck.of('all').at(-1)).to.deep.include({ event: 'end' });
    expect(stuck.of('all').at(-1)?.data.reason).to.equal('too-slow');
    await until(() => eventIds(other.of('all')).length === changes + 1, 30_000);
  });

  it('is not read while it does not read what it asked for', async () => {
    const { url } = await run();
    using socket = await opened(url);
    socket.ws.pause();
    const to = 'x'.repeat(1_900); // the problem repeats it
    let sent = 0;
    const isHeld = () => socket.ws.bufferedAmount > 4_000_000;
    for (; sent < 20_000; sent += 1) {
      socket.send({ subscribe: 'a', to });
      if (sent % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (let tries = 0; tries < 20; tries += 1) await call(url, 'GET', '/api/live'); // it has time to read all of that
    expect(isHeld()).to.equal(true); // the gateway takes no more: its answers do not pile up there
    socket.ws.resume();
    await until(() => socket.said.length === sent, 30_000);
  });

  it('tells each subscription that the gateway stops, and closes', async () => {
    const system = await run();
    const socket = await opened(system.url);
    for (const subscribe of ['a', 'b']) socket.send({ subscribe, to: '/api/events' });
    await until(() => socket.of('a').length > 0 && socket.of('b').length > 0);
    open.splice(0);
    const begunAt = performance.now();
    await system[Symbol.asyncDispose]();
    expect(performance.now() - begunAt).to.be.below(4_000);
    expect(await socket.closed).to.deep.equal({ code: 1001, reason: 'stopping' });
    for (const name of ['a', 'b']) expect(socket.of(name).at(-1)?.data.reason).to.equal('stopping');
  });

  it('leaves ordinary requests and other upgrades alone', async () => {
    const { url } = await run();
    await create(url, 'a');
    const plain = await call(url, 'GET', '/api/live');
    expect([plain.status, plain.body.type, plain.headers.get('upgrade')]).to.deep.equal([
      ...[426, '/problems/upgrade-required', 'websocket'],
    ]);
    const upgrade = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
    const body = JSON.stringify({ id: 'b', title: 'two', pages: 2 });
    const socket = await connectRaw(url);
    socket.write(`GET /api/book/a HTTP/1.1\r\nHost: muster\r\n${upgrade}\r\n`);
    const chunks: string[] = [];
    socket.on('data', (bytes) => chunks.push(bytes.toString()));
    await until(() => chunks.join('').includes('"title":"one"'));
    const length = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    socket.write(`POST /api/book HTTP/1.1\r\nHost: muster\r\n${upgrade}${length}\r\n${body}`);
    await until(() => chunks.join('').includes('HTTP/1.1 201'));
    socket.write('GET /api/book/b HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n\r\n');
    await until(() => chunks.join('').split('"title":"two"').length === 3); // and the connection goes on
    socket.destroy();
    const elsewhere = await connectRaw(url);
    elsewhere.write(
      'GET /api/book/a HTTP/1.1\r\nHost: muster\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n' +
        'GET /api/book/b HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n\r\n',
    );
    const answers = (await readToEnd(elsewhere)).split('HTTP/1.1 200').slice(1);
    expect(answers.map((text) => /"title":"(\w+)"/.exec(text)?.[1])).to.deep.equal(['one', 'two']);
  });
});
