import { countBy, defineRecord, optional } from '@muster/model';
import { newKey, openLog, revokeKeys, storeKey } from '@muster/store';
import {
  call,
  eventsOf,
  eventually,
  lastIdOf,
  openTestDatabase,
  readFeed,
  type TestDatabase,
  until,
} from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { messagesOf, openSocket, type SocketMessage, type SocketReader, tell, tryHandshake } from './open-socket.ts';
import { connectRaw, readToEnd } from './raw-client.ts';
import { type InProcess, runInProcess } from './run-in-process.ts';

const book = defineRecord({
  ...{ name: 'book', title: 'Book', collection: 'Books' },
  fields: { text: Joi.string().max(20_000), shelf: optional(Joi.number()) },
  indexes: ['shelf', 'text'],
  views: { byShelf: countBy('shelf') },
});
const film = defineRecord({ name: 'film', title: 'Film', collection: 'Films', fields: { text: Joi.string() } });

// all programs share one process here, and a late answer of an aggregator would be replaced by the database's
const patient = { REPLICA_DEADLINE_MS: '5000' };

const kindsOf = (socket: SocketReader, subscription: string) =>
  messagesOf(socket, subscription).map(({ event }) => event);
const plainOf = (socket: SocketReader, subscription: string) =>
  messagesOf(socket, subscription)
    .filter(({ event }) => event === 'message')
    .map(({ data, event, id }) => ({ id, event, data }));
const versionsOf = (socket: SocketReader, subscription: string) =>
  plainOf(socket, subscription).map(({ data }) => `${data.entity} ${data.subject} ${data.version}`);

/** Returns the list that a client has after these messages. */
const listAfter = (messages: readonly SocketMessage[]): unknown[] => {
  let items: unknown[] = [];
  for (const { data, event } of messages) {
    const { at, from, item, to } = data as { at: number; from: number; to: number; item: unknown };
    if (event === 'list') items = data.items as unknown[];
    if (event === 'removed') items = items.toSpliced(at, 1);
    if (event === 'added') items = items.toSpliced(at, 0, item);
    if (event === 'changed') items = items.with(at, item);
    if (event === 'moved') items = items.toSpliced(from, 1).toSpliced(to, 0, item);
  }
  return items;
};

const subscribe = async (socket: SocketReader, name: string, to: string, after?: string) => {
  tell(socket, { subscribe: name, to, ...(after === undefined ? {} : { after }) });
  await until(`"${name}" has a message`, () => messagesOf(socket, name).length > 0);
};

const closeOf = async ({ closed, ws }: SocketReader) => {
  await until('the WebSocket is closed', () => ws.readyState === ws.CLOSED);
  return closed;
};

describe('A WebSocket of the feed', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  const open: InProcess[] = [];
  const run = async (environment: Record<string, string> = {}, aggregators = 0) => {
    const system = await runInProcess([book, film], { aggregators, database, environment });
    open.push(system);
    return system;
  };
  beforeEach(async () => {
    database = await openTestDatabase();
  });
  afterEach(async () => {
    for (const system of open.splice(0)) await system[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const create = (url: string, entity: string, id: string, more: object = {}) =>
    call(url, 'POST', `/api/${entity}`, { body: { id, text: 'one', ...more } });
  const change = (url: string, entity: string, id: string, body: object) =>
    call(url, 'PUT', `/api/${entity}/${id}`, { body });

  it('has several subscriptions, and each gets its own messages, as server-sent events have them', async () => {
    const { url } = await run(patient, 1);
    await create(url, 'book', 'a', { shelf: 1 });
    using socket = await openSocket(url);
    const addresses = {
      all: '/api/events',
      one: '/api/book/a/events',
      list: '/api/book?filter[shelf][gte]=1&sort=-shelf,text&total=true',
      thing: '/api/book/a',
      view: '/api/book/views/byShelf?sort=-count',
    };
    for (const [name, to] of Object.entries(addresses)) await subscribe(socket, name, to);
    using allEvents = await readFeed(`${url}${addresses.all}`);
    using ofOne = await readFeed(`${url}${addresses.one}`);
    await until('both begin', () => allEvents.messages.length > 0 && ofOne.messages.length > 0);
    expect(Object.keys(addresses).map((name) => kindsOf(socket, name)[0])).to.deep.equal([
      ...['bookmark', 'bookmark', 'list', 'list', 'list'],
    ]);
    await create(url, 'book', 'b', { shelf: 2 });
    await create(url, 'film', 'a');
    await change(url, 'book', 'a', { shelf: 3 });
    await create(url, 'book', 'c');
    await create(url, 'book', 'd', { shelf: 3, text: 'a "quoted"\n\u2028 text' });
    await change(url, 'book', 'b', { shelf: null });
    await change(url, 'book', 'a', { text: 'two' });
    await until('all events came', () => eventsOf(allEvents).length === 7 && eventsOf(ofOne).length === 2);
    await until('they came here', () => plainOf(socket, 'all').length === 7 && plainOf(socket, 'one').length === 2);
    expect(plainOf(socket, 'all')).to.deep.equal(eventsOf(allEvents));
    expect(plainOf(socket, 'one')).to.deep.equal(eventsOf(ofOne));
    const shown = async (name: 'list' | 'thing' | 'view') => {
      const { body } = await call(url, 'GET', addresses[name]);
      return [listAfter(messagesOf(socket, name)), name === 'thing' ? [body] : body];
    };
    for (const name of ['list', 'thing', 'view'] as const)
      await eventually(
        () => shown(name),
        ([live, read]) => JSON.stringify(live) === JSON.stringify(read),
      );
    const kinds = new Set(['list', 'thing', 'view'].flatMap((name) => kindsOf(socket, name)));
    expect([...kinds].filter((kind) => kind === 'message' || kind === 'end')).to.deep.equal([]);
    expect([...kinds]).to.include.members(['list', 'added', 'changed', 'bookmark']);
    expect(socket.messages.every(({ subscription }) => Object.hasOwn(addresses, subscription ?? ''))).to.equal(true);
  });

  it('goes on behind a position, and ends one subscription without the others', async () => {
    const { url } = await run();
    using socket = await openSocket(url);
    await subscribe(socket, 'first', '/api/book/events');
    await subscribe(socket, 'other', '/api/book/events');
    for (const id of ['a', 'b', 'c']) await create(url, 'book', id);
    await until('three came', () => plainOf(socket, 'first').length === 3);
    const [{ id: position } = { id: '' }] = plainOf(socket, 'first');
    await subscribe(socket, 'second', '/api/book/events', position);
    await subscribe(socket, 'third', `/api/book/events?after=${position}`);
    await until('they went on', () => ['second', 'third'].every((name) => plainOf(socket, name).length === 2));
    tell(socket, { unsubscribe: 'first' });
    await until('it ended', () => kindsOf(socket, 'first').includes('unsubscribed'));
    await create(url, 'book', 'd');
    await until('the others went on', () => ['second', 'other'].every((name) => versionsOf(socket, name).length > 2));
    expect(kindsOf(socket, 'first').at(-1)).to.equal('unsubscribed');
    expect(versionsOf(socket, 'first')).to.deep.equal(['book a 1', 'book b 1', 'book c 1']);
    expect(versionsOf(socket, 'second')).to.deep.equal(['book b 1', 'book c 1', 'book d 1']);
    await subscribe(socket, 'first', '/api/film/events'); // its name is free again
    await create(url, 'film', 'a');
    await until('the new one goes on', () => versionsOf(socket, 'first').includes('film a 1'));
  });

  it('may end a subscription that has not begun, and use its name again at once', async () => {
    const { url } = await run();
    using socket = await openSocket(url);
    tell(socket, { subscribe: 'x', to: '/api/book/events' });
    tell(socket, { unsubscribe: 'x' });
    tell(socket, { subscribe: 'x', to: '/api/film/events' });
    await until('it begins', () => kindsOf(socket, 'x').includes('bookmark'));
    tell(socket, { subscribe: 'x', to: '/api/film/events' });
    await until('the name is in use', () => kindsOf(socket, 'x').includes('problem'));
    await create(url, 'book', 'a');
    await create(url, 'film', 'a');
    await until('it came', () => versionsOf(socket, 'x').length > 0);
    expect(versionsOf(socket, 'x')).to.deep.equal(['film a 1']);
    expect(kindsOf(socket, 'x')).to.deep.equal(['unsubscribed', 'bookmark', 'problem', 'message']);
    tell(socket, { unsubscribe: 'x' });
    await until('it ended', () => kindsOf(socket, 'x').at(-1) === 'unsubscribed');
    using other = await readFeed(`${url}/api/film/events`);
    await until('it begins', () => other.messages.length > 0);
    await create(url, 'film', 'b');
    await until('another one gets it', () => eventsOf(other).length === 1);
    expect(kindsOf(socket, 'x').at(-1)).to.equal('unsubscribed');
  });

  it('refuses what is wrong, and leaves its other subscriptions alone', async () => {
    const { url } = await run();
    using socket = await openSocket(url);
    await subscribe(socket, 'good', '/api/book/events');
    const wrong: [message: string | Buffer, subscription: string | undefined, status: number, part: string][] = [
      [JSON.stringify({ subscribe: 'good', to: '/api/film/events' }), 'good', 400, 'another name'],
      [JSON.stringify({ subscribe: 'x', to: '/api/nothing' }), 'x', 400, '/api/nothing'],
      [JSON.stringify({ subscribe: 'x', to: '/api/book/count' }), 'x', 400, '/api/book/count'],
      [JSON.stringify({ subscribe: 'x', to: '/api/book/events?types=Nothing' }), 'x', 400, 'Nothing'],
      [JSON.stringify({ subscribe: 'x', to: '/api/book?filter[pages]=1' }), 'x', 400, 'filter[pages]'],
      [JSON.stringify({ subscribe: 'x', to: '/api/book/views/byShelf?sort=no' }), 'x', 400, 'no'],
      [JSON.stringify({ subscribe: 'x', to: '/api/book/a?version=1' }), 'x', 400, 'version'],
      [JSON.stringify({ subscribe: 'x', to: '/api/book/a%20b' }), 'x', 400, 'id'],
      [JSON.stringify({ subscribe: 'x', to: '/api/book/nobody' }), 'x', 404, 'nobody'],
      [JSON.stringify({ subscribe: 'x', to: '/api/events', after: 'no' }), 'x', 400, 'position'],
      [JSON.stringify({ subscribe: 'x', to: '/api/events', more: 1 }), 'x', 400, 'more'],
      ['{"subscribe":', undefined, 400, 'JSON'],
      [Buffer.from(JSON.stringify({ unsubscribe: 'good' })), undefined, 400, 'text'],
    ];
    for (const [index, [message, subscription, status, part]] of wrong.entries()) {
      const before = socket.messages.length;
      socket.ws.send(message);
      await until(`message ${index} is answered`, () => socket.messages.length > before);
      const problem = socket.messages.at(-1);
      const { data = {}, event, subscription: named } = problem ?? {};
      expect([event, named, data.status], String(message)).to.deep.equal(['problem', subscription, status]);
      expect(JSON.stringify(data), String(message)).to.contain(part);
      expect(data.requestId, String(message)).to.be.a('string');
    }
    await create(url, 'book', 'a');
    await until('the good one goes on', () => versionsOf(socket, 'good').length === 1);
    using other = await openSocket(url, { path: '/api/live/?x=1' });
    await subscribe(other, 'good', '/api/book/events/');
    socket.ws.send(JSON.stringify({ subscribe: 'x'.repeat(16_384), to: '/api/events' }));
    expect((await closeOf(socket)).code).to.equal(1009);
    await create(url, 'book', 'b');
    await until('the other connection goes on', () => versionsOf(other, 'good').length === 1);
  });

  it('needs a key where the service does, and ends its subscriptions when the key is revoked', async () => {
    await using log = openLog({ ...database, appName: 'test' });
    const { key, document } = newKey({ name: 'reader', scope: 'read', createdAt: new Date() });
    await storeKey(log, document, 5_000);
    const { url } = await run({ AUTH: 'on' });
    const headers = { authorization: `Bearer ${key}` };
    await eventually(
      () => tryHandshake(url, { headers }),
      (status) => status === 101, // 503 until the keys are read
    );
    expect(await tryHandshake(url)).to.equal(401);
    expect(await tryHandshake(url, { headers: { authorization: 'Bearer muster_x_y' } })).to.equal(401);
    expect(await tryHandshake(url, { protocols: ['muster', `muster.key.${key}x`] })).to.equal(401);
    using byHeader = await openSocket(url, { headers });
    using byProtocol = await openSocket(url, { protocols: ['muster', `muster.key.${key}`] });
    using without = await openSocket(url, { headers }); // has no subscription when the key is revoked
    expect([byHeader.ws.protocol, byProtocol.ws.protocol]).to.deep.equal(['', 'muster']);
    for (const socket of [byHeader, byProtocol])
      for (const name of ['a', 'b']) await subscribe(socket, name, '/api/book/events');
    await revokeKeys(log, 'reader', new Date(), 5_000);
    for (const socket of [byHeader, byProtocol])
      for (const name of ['a', 'b']) {
        await until('it ends', () => kindsOf(socket, name).includes('end'));
        expect(messagesOf(socket, name).at(-1)?.data.reason).to.equal('key-refused');
      }
    for (const socket of [byHeader, without]) {
      tell(socket, { subscribe: 'late', to: '/api/book' });
      await until('it is answered', () => messagesOf(socket, 'late').length > 0);
      const [late] = messagesOf(socket, 'late');
      expect([late?.event, late?.data.status]).to.deep.equal(['problem', 401]);
    }
    expect(await tryHandshake(url, { headers })).to.equal(401);
  });

  it('is refused to the pages of other origins that are not named', async () => {
    const [own, named] = [await run(), await run({ CORS_ORIGINS: 'https://one.example,https://two.example' })];
    const any = await run({ CORS_ORIGINS: '*' });
    expect(await tryHandshake(own.url)).to.equal(101);
    expect(await tryHandshake(own.url, { origin: own.url })).to.equal(101);
    for (const origin of ['https://two.example', 'null', 'https://two.example.com', `${own.url}0`])
      expect(await tryHandshake(own.url, { origin }), origin).to.equal(403);
    expect(await tryHandshake(named.url, { origin: 'https://two.example' })).to.equal(101);
    expect(await tryHandshake(named.url, { origin: 'https://three.example' })).to.equal(403);
    expect(await tryHandshake(any.url, { origin: 'https://three.example' })).to.equal(101);
  });

  it('counts as its subscriptions do, and no more when it is closed', async () => {
    const { url } = await run({ LIVE_CLIENT_MAX: '3', LIVE_CONNECTIONS_MAX: '5', TRUST_PROXY_HOPS: '1', AUTH: 'off' });
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
    const first = await openSocket(url, from('10.0.0.1'));
    for (const name of ['a', 'b']) await subscribe(first, name, '/api/book/events');
    await subscribe(first, 'c', '/api/book/events');
    const [refused] = messagesOf(first, 'c');
    expect([refused?.event, refused?.data.status]).to.deep.equal(['problem', 429]);
    expect(await tryHandshake(url, from('10.0.0.1'))).to.equal(429);
    using second = await openSocket(url, from('10.0.0.2'));
    await subscribe(second, 'a', '/api/book/events');
    await subscribe(second, 'b', '/api/book/events');
    const [full] = messagesOf(second, 'b');
    expect([full?.event, full?.data.status]).to.deep.equal(['problem', 503]);
    expect(await tryHandshake(url, from('10.0.0.3'))).to.equal(503);
    tell(first, { unsubscribe: 'a' });
    await until('it ended', () => kindsOf(first, 'a').includes('unsubscribed'));
    await subscribe(first, 'd', '/api/book/events');
    expect(kindsOf(first, 'd')).to.deep.equal(['bookmark']);
    first[Symbol.dispose]();
    await closeOf(first);
    const third = await eventually(
      async () => openSocket(url, from('10.0.0.1')).catch(() => undefined),
      (opened) => opened !== undefined,
    );
    for (const name of ['a', 'b']) await subscribe(third as SocketReader, name, '/api/book/events');
    expect(['a', 'b'].map((name) => kindsOf(third as SocketReader, name))).to.deep.equal([['bookmark'], ['bookmark']]);
    third?.[Symbol.dispose]();
  });

  it('counts its messages by the rate limit', async () => {
    const { url } = await run({ RATE_LIMIT: '5/600' });
    using socket = await openSocket(url); // is the first request
    for (const name of ['a', 'b', 'c', 'd', 'e']) await subscribe(socket, name, '/api/book/events');
    expect(['a', 'b', 'c', 'd'].flatMap((name) => kindsOf(socket, name))).to.not.include('problem');
    const [refused] = messagesOf(socket, 'e');
    expect([refused?.event, refused?.data.status]).to.deep.equal(['problem', 429]);
    tell(socket, { unsubscribe: 'a' });
    await until('it is answered', () => kindsOf(socket, 'a').at(-1) === 'problem');
    expect((await call(url, 'GET', '/api/book/count')).status).to.equal(429);
  });

  it('is closed when its client does not read, and delays no other one', async () => {
    const { url } = await run({ LIVE_RING_EVENTS: '20', LIVE_CLIENT_MAX: '4' });
    using stuck = await openSocket(url);
    using other = await openSocket(url);
    for (const socket of [stuck, other]) await subscribe(socket, 'a', '/api/events');
    stuck.ws.pause();
    const text = '\u0001'.repeat(10_000); // takes 60 KB as JSON
    await create(url, 'book', 'a');
    // a further subscription is possible when the stuck one was ended
    const isEnded = async () => {
      using probe = await readFeed(`${url}/api/events`);
      return probe.status === 200;
    };
    let count = 0;
    for (; count < 1_000 && (count % 10 > 0 || !(await isEnded())); count += 1) {
      await change(url, 'book', 'a', { text: `${count} ${text}` });
      await until('the other one gets it', () => plainOf(other, 'a').length === count + 2);
    }
    stuck.ws.resume();
    expect(await closeOf(stuck)).to.deep.equal({ code: 1008, reason: 'too slow' });
    expect(messagesOf(stuck, 'a').at(-1)?.data.reason).to.equal('too-slow');
    expect(plainOf(stuck, 'a').length).to.be.below(count);
  });

  it('is not read further while its client does not read the answers', async () => {
    const { url } = await run();
    using socket = await openSocket(url);
    const { messages, ws } = socket;
    ws.pause();
    const message = JSON.stringify({ unsubscribe: '\u0001'.repeat(100) });
    /** Whether the gateway takes all that was sent. If not, it has taken nothing more for a second. */
    const isTaken = async () => {
      let [left, since] = [ws.bufferedAmount, performance.now()];
      while (ws.bufferedAmount > 0 && performance.now() - since < 1_000) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (ws.bufferedAmount !== left) [left, since] = [ws.bufferedAmount, performance.now()];
      }
      return ws.bufferedAmount === 0;
    };
    let sent = 0;
    // until the buffers of the connection are full, whatever their size
    for (; sent < 100_000 && (await isTaken()); sent += 500) for (let n = 0; n < 500; n += 1) ws.send(message);
    expect(sent).to.be.below(100_000);
    ws.resume();
    await until('each message is answered', () => messages.length === sent, 60_000);
    expect(messages.every(({ event }) => event === 'unsubscribed')).to.equal(true);
  });

  it('gets the end of each subscription when the gateway stops, and is closed at once', async () => {
    const system = await run();
    using socket = await openSocket(system.url);
    using idle = await openSocket(system.url);
    for (const name of ['a', 'b']) await subscribe(socket, name, '/api/book/events');
    await create(system.url, 'book', 'a');
    await until('both have it', () => ['a', 'b'].every((name) => plainOf(socket, name).length === 1));
    open.splice(0);
    const stoppedAt = performance.now();
    await system[Symbol.asyncDispose]();
    expect(performance.now() - stoppedAt).to.be.below(3_000);
    for (const one of [socket, idle]) expect(await closeOf(one)).to.deep.equal({ code: 1001, reason: 'stopping' });
    for (const name of ['a', 'b']) {
      const position = lastIdOf({ messages: messagesOf(socket, name) });
      const end = messagesOf(socket, name).at(-1);
      expect([end?.event, end?.data]).to.deep.equal(['end', { reason: 'stopping', position }]);
    }
  });

  describe('and other requests', () => {
    const request = (line: string, headers: readonly string[], body = '') =>
      [line, 'Host: muster', ...headers, '', body].join('\r\n');
    const h2c = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'];
    const toSocket = [
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ];
    /** Sends a request, and reads until so many answers have come, or the connection is closed. */
    const openAsker = async (url: string) => {
      const socket = await connectRaw(url);
      const read = { text: '', isEnded: false };
      socket.on('error', () => undefined).on('close', () => Object.assign(read, { isEnded: true }));
      socket.setEncoding('latin1').on('data', (text) => Object.assign(read, { text: read.text + text }));
      const statuses = () => [...read.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
      const ask = async (text: string) => {
        const before = statuses().length;
        socket.write(text);
        await until('there is an answer', () => statuses().length > before || read.isEnded);
        return statuses().at(-1);
      };
      return { ask, read, [Symbol.dispose]: () => void socket.destroy() };
    };

    it('answers an ordinary request at its address with 426', async () => {
      const { url } = await run();
      const answer = await call(url, 'GET', '/api/live');
      expect([answer.status, answer.headers.get('upgrade')]).to.deep.equal([426, 'websocket']);
      expect(answer.body.type).to.equal('/problems/upgrade-required');
      expect((await call(url, 'POST', '/api/live', { body: {} })).status).to.equal(405);
    });

    it('answers a request that asks for another protocol, and those behind it on the connection', async () => {
      const { url } = await run();
      using asker = await openAsker(url);
      const { ask, read } = asker;
      const body = JSON.stringify({ id: 'a', text: 'one' });
      const sent = ['Content-Type: application/json', `Content-Length: ${body.length}`];
      expect(await ask(request('GET /api/book/a HTTP/1.1', h2c))).to.equal(404);
      expect(await ask(request('POST /api/book HTTP/1.1', [...h2c, ...sent], body))).to.equal(201);
      expect(await ask(request('GET /api/book/a HTTP/1.1', []))).to.equal(200);
      const warnings: string[] = [];
      const note = ({ name }: Error) => void warnings.push(name);
      process.on('warning', note);
      for (let n = 0; n < 15; n += 1) expect(await ask(request('GET /api/book/a HTTP/1.1', h2c))).to.equal(200);
      await new Promise((resolve) => setImmediate(resolve));
      process.off('warning', note);
      expect(warnings).to.deep.equal([]);
      expect(read.text).to.not.contain('101 Switching');
      const closing = h2c.map((line) => line.replace('Connection: ', 'Connection: close, '));
      expect(await ask(request('GET /api/book/a HTTP/1.1', closing))).to.equal(200);
      await until('the connection is closed', () => read.isEnded);
    });

    it('answers a request with another protocol whose body comes later, or in chunks', async () => {
      const { url } = await run();
      using asker = await openAsker(url);
      const pieces = [
        request('POST /api/book HTTP/1.1', [...h2c, 'Content-Type: application/json', 'Transfer-Encoding: chunked']),
        '5\r\n{"id"\r\n',
        '13\r\n:"late","text":"x"}\r\n0\r\n\r\n',
      ];
      const socket = await connectRaw(url);
      for (const piece of pieces) await new Promise((resolve) => socket.write(piece, () => setTimeout(resolve, 20)));
      socket.end();
      expect(await readToEnd(socket)).to.match(/^HTTP\/1\.1 201/);
      expect(await asker.ask(request('GET /api/book/late HTTP/1.1', []))).to.equal(200);
    });

    it('answers a handshake at another address, or that is none, as any other request', async () => {
      const { url } = await run();
      await create(url, 'book', 'a');
      using asker = await openAsker(url);
      expect(await asker.ask(request('GET /api/book/a HTTP/1.1', toSocket))).to.equal(200);
      expect(await asker.ask(request('GET /api/nothing HTTP/1.1', toSocket))).to.equal(404);
      expect(await asker.ask(request('POST /api/live HTTP/1.1', [...toSocket, 'Content-Length: 0']))).to.equal(405);
      expect(await asker.ask(request('GET /api/book/a HTTP/1.1', []))).to.equal(200);
      const noVersion = toSocket.filter((line) => !line.includes('Version'));
      for (const headers of [noVersion, toSocket.slice(0, 3)]) {
        using other = await openAsker(url);
        expect(await other.ask(request('GET /api/live HTTP/1.1', headers))).to.equal(400);
        await until('it is closed', () => other.read.isEnded);
      }
      using noHost = await openAsker(url);
      expect(await noHost.ask(`GET /api/live HTTP/1.1\r\n${toSocket.join('\r\n')}\r\n\r\n`)).to.equal(400);
    });
  });
});
