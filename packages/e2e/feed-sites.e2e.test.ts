import { decodeFields, defineEntity, defineRecord, optional } from '@muster/model';
import { newKey, openLog, storeKey } from '@muster/store';
import {
  eventsOf as allEventsOf,
  call,
  type FeedReader,
  type Message,
  openTestDatabase,
  readFeed,
  type TestDatabase,
  until,
} from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { messagesOf, openSocket, tell } from './open-socket.ts';
import { type InProcess, runInProcess } from './run-in-process.ts';

const fields = { name: Joi.string(), code: optional(Joi.string()), since: Joi.date() };
/** A thing that is shared between sites. Clients do not see its code. */
const card = defineEntity({
  name: 'card',
  collection: 'Cards',
  state: fields,
  events: {
    CardMade: { creates: true, fields },
    CardRenamed: { fields: { name: Joi.string() } },
  },
  evolve: { CardMade: (_, { data }) => data, CardRenamed: (state, { data }) => ({ ...state, ...data }) },
  commands: {
    make: {
      creates: true,
      input: { name: Joi.string(), code: optional(Joi.string()) },
      decide: (input, _, now) => ({ type: 'CardMade', data: { ...input, since: now } }),
    },
    rename: { input: { name: Joi.string() }, decide: (data) => ({ type: 'CardRenamed', data }) },
  },
  merge: (local, remote) => (local.name >= remote.name ? local : remote),
  present: ({ name }) => ({ name }),
  indexes: ['name'],
});
const book = defineRecord({ name: 'book', title: 'Book', collection: 'Books', fields: { text: Joi.string() } });

/** The events that came, each once: where `from=start` meets new events, one may come twice. */
const eventsOf = (reader: FeedReader): Message[] =>
  allEventsOf(reader).filter(({ data }, at, all) => all.findIndex((one) => nameOf(one.data) === nameOf(data)) === at);

const nameOf = ({ entity, subject, version }: Message['data']): string => `${entity} ${subject} ${version}`;

describe('The feed for other sites', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  const open: InProcess[] = [];
  const readers: FeedReader[] = [];
  const run = async (environment: Record<string, string> = {}) => {
    const settings = { SITE: 'oslo', LIVE_CLIENT_MAX: '1000', ...environment };
    const system = await runInProcess([book, card], { aggregators: 0, database, environment: settings });
    open.push(system);
    return system;
  };
  const read = async (url: string, headers: Record<string, string> = {}) => {
    const reader = await readFeed(url, headers);
    readers.push(reader);
    return reader;
  };
  beforeEach(async () => {
    database = await openTestDatabase();
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader[Symbol.dispose]();
    for (const system of open.splice(0)) await system[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const make = (url: string, id: string, more: object = {}) =>
    call(url, 'POST', '/api/card', { body: { id, name: 'one', code: 'code-of-one', ...more } });
  const rename = (url: string, id: string, name: string) =>
    call(url, 'POST', `/api/card/${id}:rename`, { body: { name } });
  const write = (url: string, id: string) => call(url, 'POST', '/api/book', { body: { id, text: 'x' } });
  /** Reads a feed that ends by itself. */
  const readToEnd = async (url: string) => {
    const reader = await read(url);
    expect(reader.status, url).to.equal(200);
    let isEnded = false;
    void reader.ended.then(() => {
      isEnded = true;
    });
    await until(`${url} ends`, () => isEnded, 5_000);
    const last = reader.messages.at(-1);
    expect(last?.event, url).to.equal('end');
    expect(last?.data.reason, url).to.equal('reached');
    return { keys: keysOf(reader), position: String(last?.data.position) };
  };
  const keysOf = (reader: FeedReader) => eventsOf(reader).map(({ data }) => `${data.subject} ${data.version}`);

  it('has all fields of the states of shared things, without loss, by each way to read', async () => {
    const { url } = await run({ LIVE_RING_EVENTS: '5' });
    const live = await read(`${url}/api/events?state=full`);
    expect((await make(url, 'a')).status).to.equal(201);
    await write(url, 'b');
    expect((await rename(url, 'a', 'two')).status).to.equal(200);
    await until('both came', () => eventsOf(live).length === 2);
    const [first] = eventsOf(live);
    for (let n = 0; n < 10; n += 1) await write(url, `w${n}`); // the ring has the newest five
    const others = [
      await read(`${url}/api/events?state=full&from=start`),
      await read(`${url}/api/card/events?state=full&from=start`),
      await read(`${url}/api/card/a/events?state=full&from=start`),
      await read(`${url}/api/events?state=full&after=${live.messages[0]?.id || first?.id}`),
    ];
    const since = new Date(String(first?.data.time));
    for (const [index, reader] of [live, ...others].entries()) {
      const count = index === 4 && !live.messages[0]?.id ? 1 : 2;
      await until(`reader ${index} has them`, () => eventsOf(reader).length === count);
      const shown = eventsOf(reader).map(({ data }) => data);
      const all = decodeFields(shown.at(-1)?.fields);
      expect(all, String(index)).to.deep.equal({ name: 'two', code: 'code-of-one', since });
      expect(shown.every(({ entity }) => entity === 'card')).to.equal(true);
      expect(shown[0]).not.to.have.property('state');
    }
    expect((await call(url, 'GET', '/api/card/a')).body).to.deep.equal({ id: 'a', name: 'two' });
  });

  it('is refused where nothing is shared, where the site has no name, and for what is no such state', async () => {
    const { url } = await run();
    const problemOf = async (base: string, path: string) => {
      const answer = await call(base, 'GET', path, { signal: AbortSignal.timeout(5_000) });
      return `${answer.status} ${answer.text}`;
    };
    expect(await problemOf(url, '/api/book/events?state=full')).to.match(/^400 .*nothing here is shared between sites/);
    expect(await problemOf(url, '/api/events?state=all')).to.match(/^400 .*must be true, false or full/);
    expect(await problemOf(url, '/api/events?until=then')).to.match(/^400 .*can only be .*now/);
    const nameless = await run({ SITE: '' });
    expect(await problemOf(nameless.url, '/api/events?state=full')).to.match(/^400 .*set SITE of its gateways/);
  });

  it('needs a key with the scope site or admin, and the scope site may not write', async () => {
    const { url } = await run({ AUTH: 'on' });
    await using log = openLog({ uri: database.uri, database: database.database, appName: 'test' });
    const headersOf = async (scope: 'read' | 'write' | 'site' | 'admin') => {
      const { key, document } = newKey({ name: scope, scope, createdAt: new Date() });
      await storeKey(log, document, 5_000);
      return { authorization: `Bearer ${key}` };
    };
    const of = {
      ...{ read: await headersOf('read'), write: await headersOf('write') },
      ...{ site: await headersOf('site'), admin: await headersOf('admin') },
    };
    const address = '/api/events?state=full&from=start&until=now';
    const ask = (method: string, path: string, headers: Record<string, string>, body?: object) =>
      call(url, method, path, { headers, body, signal: AbortSignal.timeout(5_000) });
    await until('the keys are known', async () => (await ask('GET', '/api/card/x', of.admin)).status === 404);
    const body = { id: 'a', name: 'one', code: 'code-of-one' };
    expect((await ask('POST', '/api/card', of.site, body)).status).to.equal(403);
    expect((await ask('POST', '/api/card', of.write, body)).status).to.equal(201);
    for (const headers of [of.read, of.write]) {
      const refused = await ask('GET', address, headers);
      expect([refused.status, refused.body.type]).to.deep.equal([403, '/problems/scope-too-small']);
      expect(refused.text).to.contain('muster keys create --scope site');
    }
    expect((await ask('GET', address, {})).status).to.equal(401);
    for (const headers of [of.site, of.admin]) {
      const reader = await read(`${url}${address}`, headers);
      await until('it came', () => eventsOf(reader).length === 1);
      expect(eventsOf(reader)[0]?.data.fields).to.have.property('code', 'code-of-one');
    }
    using socket = await openSocket(url, { headers: of.read });
    tell(socket, { subscribe: 'x', to: address });
    await until('it is refused', () => messagesOf(socket, 'x').length > 0);
    expect(JSON.stringify(messagesOf(socket, 'x')))
      .to.contain('scope-too-small')
      .and.not.contain('code-of-one');
  });

  it('ends behind all that there is with until=now, and goes on there later', async () => {
    const { url } = await run({ LIVE_RING_EVENTS: '20' });
    const empty = await readToEnd(`${url}/api/events?from=start&until=now`);
    expect(empty.keys).to.deep.equal([]);
    expect((await readToEnd(`${url}/api/events?until=now`)).keys).to.deep.equal([]);
    await make(url, 'a');
    await rename(url, 'a', 'two');
    await write(url, 'b');
    const all = ['a 1', 'a 2', 'b 1'];
    const live = await read(`${url}/api/events?from=start`);
    await until('all came', () => eventsOf(live).length === 3);
    const first = await readToEnd(`${url}/api/events?from=start&until=now`);
    expect(first.keys).to.have.members(all);
    expect((await readToEnd(`${url}/api/events?after=${first.position}&until=now`)).keys).to.deep.equal([]);
    if (empty.position !== '')
      expect((await readToEnd(`${url}/api/events?after=${empty.position}&until=now`)).keys).to.deep.equal(all);
    for (const [path, keys] of [
      ['/api/card/events?from=start&until=now', ['a 1', 'a 2']],
      ['/api/card/a/events?from=start&until=now', ['a 1', 'a 2']],
      ['/api/card/events?from=start&until=now&types=CardRenamed', ['a 2']],
      ['/api/card/events?from=start&until=now&state=full', ['a 1', 'a 2']],
      ['/api/card/events?from=start&until=now&filter[name]=two', ['a 2']],
      ['/api/card/events?until=now', []],
      ['/api/card/a/events?until=now', []],
      ['/api/card/none/events?until=now', []],
      [`/api/card/a/events?after=${first.position}&until=now`, []],
    ] as const)
      expect((await readToEnd(`${url}${path}`)).keys, path).to.deep.equal(keys);
    for (let n = 0; n < 60; n += 1) await write(url, `w${n}`); // the ring has the newest twenty
    const more = Array.from({ length: 60 }, (_, n) => `w${n} 1`);
    await until('they came', () => eventsOf(live).length === 63);
    const later = await readToEnd(`${url}/api/events?after=${first.position}&until=now`);
    expect(later.keys).to.deep.equal(more);
    expect((await readToEnd(`${url}/api/events?after=${later.position}&until=now`)).keys).to.deep.equal([]);
  });

  it('ends with until=now through a WebSocket, too, which stays open', async () => {
    const { url } = await run();
    await make(url, 'a');
    using socket = await openSocket(url);
    for (const name of ['one', 'two']) {
      tell(socket, { subscribe: name, to: '/api/events?from=start&until=now&state=full' });
      await until('it ended', () => messagesOf(socket, name).at(-1)?.event === 'end');
      const messages = messagesOf(socket, name);
      const events = messages.filter(({ event }) => event === 'message');
      expect([...new Set(events.map(({ data }) => data.version))]).to.deep.equal([1]);
      expect(messages.at(-1)?.data).to.deep.include({ reason: 'reached' });
      expect(messages.at(-1)?.data.position).to.be.a('string').and.not.equal('');
    }
    expect(socket.ws.readyState).to.equal(socket.ws.OPEN);
  });

  it('is described by the name of the site and what it shares, without a count if not all is shared', async () => {
    const { url } = await run();
    for (const id of ['a', 'b']) await make(url, id);
    const { body, headers, status } = await call(url, 'GET', '/api/events/site');
    expect([status, headers.get('cache-control')]).to.deep.equal([200, 'no-store']);
    expect(body).to.deep.equal({ site: 'oslo', entities: ['card'], events: null });
    const nameless = await run({ SITE: '' });
    expect((await call(nameless.url, 'GET', '/api/events/site')).body.site).to.equal('');
    const locked = await run({ AUTH: 'on' });
    await until('its keys are known', async () => (await call(locked.url, 'GET', '/api/events/site')).status === 401);
  });
});
