import { defineRecord } from '@muster/model';
import { newKey, openLog, revokeKeys, storeKey } from '@muster/store';
import {
  call,
  eventsOf,
  eventually,
  type FeedReader,
  forAll,
  lastIdOf,
  type Message,
  openShell,
  openTestDatabase,
  readFeed,
  type TestDatabase,
} from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { connectRaw } from './raw-client.ts';
import { type InProcess, runInProcess } from './run-in-process.ts';

const fields = { text: Joi.string().max(20_000) };
const book = defineRecord({ name: 'book', title: 'Book', collection: 'Books', fields });
const film = defineRecord({ name: 'film', title: 'Film', collection: 'Films', fields });
const entities = [book, film];

const versionOf = ({ data }: Message) => `${data.entity} ${data.subject} ${data.version}`;
const keyOfStored = ({ entity, entityId, version }: { entity: string; entityId: string; version: number }) =>
  `${entity} ${entityId} ${version}`;
const versionsOf = (reader: Pick<FeedReader, 'messages'>) => eventsOf(reader).map(versionOf);

/** What is wrong with the order of these events: each stream must have its versions from 1 on, one after another. */
const findDisorder = (messages: readonly Message[]): string[] => {
  const last = new Map<string, number>();
  return messages.flatMap((message) => {
    const { entity, subject, version } = message.data;
    const stream = `${entity} ${subject}`;
    const known = last.get(stream) ?? 0;
    last.set(stream, Number(version));
    return version === known + 1 ? [] : [`${versionOf(message)} after ${known}`];
  });
};

describe('The feed', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  const open: InProcess[] = [];
  const run = async (environment: Record<string, string> = {}) => {
    const system = await runInProcess(entities, { aggregators: 0, database, environment });
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

  const create = (url: string, entity: string, id: string, text = 'one') =>
    call(url, 'POST', `/api/${entity}`, { body: { id, text } });
  const change = (url: string, entity: string, id: string, text: string) =>
    call(url, 'PUT', `/api/${entity}/${id}`, { body: { text } });

  it('has each event with its position, for all entities, one entity, one thing, or some types', async () => {
    const { url } = await run();
    using all = await readFeed(`${url}/api/events`);
    using books = await readFeed(`${url}/api/book/events`);
    using one = await readFeed(`${url}/api/book/a/events`);
    using created = await readFeed(`${url}/api/events?types=BookCreated,FilmDeleted`);
    expect([all.status, all.headers['content-type']]).to.deep.equal([200, 'text/event-stream; charset=utf-8']);
    expect(all.headers['cache-control']).to.equal('no-store, no-transform');
    const answer = await create(url, 'book', 'a');
    await change(url, 'book', 'a', 'two');
    await create(url, 'film', 'a');
    await create(url, 'book', 'b');
    await call(url, 'DELETE', '/api/film/a');
    await eventually(
      async () => [all, created].map((reader) => eventsOf(reader).length),
      ([ofAll, ofCreated]) => ofAll === 5 && ofCreated === 3,
    );
    expect(versionsOf(all)).to.deep.equal(['book a 1', 'book a 2', 'film a 1', 'book b 1', 'film a 2']);
    expect(versionsOf(books)).to.deep.equal(['book a 1', 'book a 2', 'book b 1']);
    expect(versionsOf(one)).to.deep.equal(['book a 1', 'book a 2']);
    expect(versionsOf(created)).to.deep.equal(['book a 1', 'book b 1', 'film a 2']);
    const [first] = eventsOf(all);
    expect(first?.data).to.deep.include({
      ...{ specversion: '1.0', source: '/api/book/a', type: 'BookCreated', subject: 'a', entity: 'book', version: 1 },
      ...{ datacontenttype: 'application/json', data: { text: 'one' } },
      requestid: answer.headers.get('x-request-id'),
    });
    expect(new Set(eventsOf(all).map(({ id }) => id)).size).to.equal(5);
    expect(all.messages[0]?.event).to.equal('bookmark'); // where it begins
  });

  it('goes on behind any message, at the same gateway and at another one, while others write', async () => {
    const [one, two] = [await run({ LIVE_RING_EVENTS: '20' }), await run({ LIVE_RING_EVENTS: '20' })];
    const stop = { now: false };
    const writing = [0, 1, 2].map(async (writer) => {
      for (let n = 0; !stop.now; n += 1) {
        const id = `w${writer}-${n}`;
        await create(one.url, 'book', id);
        await change(two.url, 'book', id, 'two');
      }
    });
    const messages: Message[] = [];
    using begin = await readFeed(`${one.url}/api/events`);
    await eventually(
      async () => lastIdOf(begin),
      (id) => id !== '',
    );
    await using shell = openShell(database);
    const before = new Set((await shell.events.find().toArray()).map(keyOfStored)); // maybe more than before the begin
    let last = begin.messages[0]?.id || lastIdOf(begin);
    for (let round = 0; round < 12; round += 1) {
      const { url } = round % 2 === 0 ? one : two;
      using reader = await readFeed(`${url}/api/events`, { 'last-event-id': last });
      expect(reader.status).to.equal(200);
      await eventually(
        async () => eventsOf(reader).length,
        (length) => length > 5 * (round % 4),
      );
      const taken = [...reader.messages];
      last = lastIdOf({ messages: taken });
      messages.push(...eventsOf({ messages: taken }));
    }
    stop.now = true;
    await Promise.all(writing);
    using end = await readFeed(`${two.url}/api/events?after=${last}`);
    const stored = (await shell.events.find().toArray()).map(keyOfStored);
    await eventually(
      async () => new Set([...messages, ...eventsOf(end)].map(versionOf)),
      (got) => stored.every((key) => before.has(key) || got.has(key)),
    );
    const versions = [...messages, ...eventsOf(end)].map(versionOf);
    expect(versions.length).to.be.above(60);
    expect(new Set(versions).size).to.equal(versions.length); // no event twice
    expect(stored).to.include.members(versions);
    const streams = new Set(
      stored.filter((key) => !before.has(key) && key.endsWith(' 1')).map((key) => key.slice(0, -2)),
    );
    const whole = [...messages, ...eventsOf(end)].filter(({ data }) => streams.has(`${data.entity} ${data.subject}`));
    expect(findDisorder(whole)).to.deep.equal([]);
  });

  it('begins at the start of the log, and goes on in it behind any message', async () => {
    const { url } = await run();
    const ids = Array.from({ length: 300 }, (_, n) => `b${n}`);
    await forAll(ids, 16, async (id) => {
      await create(url, 'book', id);
      if (id.endsWith('7')) await change(url, 'book', id, 'two');
    });
    await create(url, 'film', 'a');
    const total = ids.length + ids.filter((id) => id.endsWith('7')).length + 1;
    const stop = { now: false };
    const writing = (async () => {
      for (let n = 0; !stop.now; n += 1) await create(url, 'book', `during-${n}`);
      return create(url, 'film', 'last');
    })();
    using first = await readFeed(`${url}/api/events?from=start`);
    await eventually(
      async () => eventsOf(first).length,
      (length) => length > 100,
    );
    const some = eventsOf(first).slice(0, 100);
    using second = await readFeed(`${url}/api/events?after=${some.at(-1)?.id}`);
    await eventually(
      async () => eventsOf(second).length,
      (length) => length > total,
    );
    stop.now = true;
    await writing;
    await eventually(
      async () => [first, second].every((reader) => versionsOf(reader).includes('film last 1')),
      (found) => found,
    );
    await using shell = openShell(database);
    const stored = (await shell.events.find().toArray()).map(
      (event) => `${event.entity} ${event.entityId} ${event.version}`,
    );
    for (const messages of [eventsOf(first), [...some, ...eventsOf(second)]]) {
      const distinct = [...new Map(messages.map((message) => [versionOf(message), message])).values()];
      expect(findDisorder(distinct)).to.deep.equal([]);
      expect(distinct.map(versionOf)).to.have.members(stored);
    }
  });

  it('refuses positions that the database does not have, and what is wrong', async () => {
    const { url } = await run();
    const ask = (path: string) => call(url, 'GET', path);
    await create(url, 'book', 'a');
    using reader = await readFeed(`${url}/api/events`);
    await create(url, 'book', 'b');
    await eventually(
      async () => lastIdOf(reader),
      (id) => id !== '',
    );
    const [mark = '', place = ''] = lastIdOf(reader).split('.');
    for (const position of [`${mark}.${'00'.repeat(40)}`, `aaaaaaaaaa.${place}`]) {
      const old = await ask(`/api/events?after=${position}`);
      expect([old.status, old.body.type], position).to.deep.equal([410, '/problems/position-too-old']);
      expect(old.body.detail).to.contain('from=start');
    }
    for (const query of [
      ...['after=x', 'from=end', 'types=Nothing', 'types=BookCreated&types=FilmCreated', 'filter[text]=1'],
      ...[`after=${place}`, `after=${mark}.${place}0`, `after=${mark}.${place}.x`, `from=start&after=${mark}.${place}`],
    ])
      expect((await ask(`/api/book/events?${query}`)).status, query).to.equal(400);
    expect((await call(url, 'PUT', '/api/book/events', { body: { text: 'x' } })).status).to.equal(405);
  });

  it('refuses a position whose event is gone, as after an older copy of the log was restored', async () => {
    const stopAll = async () => {
      for (const system of open.splice(0)) await system[Symbol.asyncDispose]();
    };
    const live = await run();
    using reader = await readFeed(`${live.url}/api/events`);
    await create(live.url, 'book', 'b');
    await create(live.url, 'book', 'a'); // the newest event, and the first one of a scan
    const [ofB, ofA] = await eventually(
      async () => eventsOf(reader).map(({ id }) => id),
      (ids) => ids.length === 2,
    );
    const quiet = await run(); // its ring is empty
    using scanned = await readFeed(`${quiet.url}/api/events?from=start&until=now`);
    using empty = await readFeed(`${live.url}/api/events?until=now`);
    const endOf = ({ messages }: FeedReader) => messages.find(({ event }) => event === 'end')?.data.position;
    await eventually(
      async () => [scanned, empty].map(endOf),
      (positions) => positions.every((position) => typeof position === 'string'),
    );
    const ofScan = eventsOf(scanned).map(({ id }) => id);
    expect(ofScan).to.have.length(2);
    await stopAll();
    await using shell = openShell(database);
    await shell.events.deleteOne({ entityId: 'a' });
    const { url } = await run();
    for (const position of [ofA, ...ofScan, endOf(scanned), endOf(empty)]) {
      using refused = await readFeed(`${url}/api/events?after=${position}`);
      expect(refused.status, String(position)).to.equal(410);
    }
    using behindB = await readFeed(`${url}/api/events?after=${ofB}`);
    expect(behindB.status).to.equal(200);
    await create(url, 'book', 'c');
    await eventually(
      async () => versionsOf(behindB),
      (versions) => versions.includes('book c 1'),
    );
    // positions of earlier versions have no witness
    using earlier = await readFeed(`${url}/api/events?after=${ofB?.split('~')[0]}`);
    expect(earlier.status).to.equal(200);
  });

  it('limits subscriptions of a client and of the gateway, and counts nobody who has left', async () => {
    const { url } = await run({ LIVE_CLIENT_MAX: '3', LIVE_CONNECTIONS_MAX: '3', TRUST_PROXY_HOPS: '1', AUTH: 'off' });
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const subscribe = (address: string) => readFeed(`${url}/api/events`, from(address));
    // those who leave while the feed opens, and requests that come behind a subscription on the same connection
    for (let n = 0; n < 6; n += 1) {
      const socket = await connectRaw(url);
      socket.on('error', () => undefined);
      const request = `GET /api/events HTTP/1.1\r\nHost: muster\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n`;
      socket.write(n < 3 ? request : request.repeat(5));
      await new Promise((resolve) => setTimeout(resolve, 4 * n));
      socket.destroy();
    }
    const open = await eventually(
      async () => {
        const tried = await Promise.all([1, 2, 3].map(() => subscribe('10.0.0.1')));
        if (tried.some(({ status }) => status !== 200)) for (const one of tried) one[Symbol.dispose]();
        return tried;
      },
      (tried) => tried.every(({ status }) => status === 200),
    );
    const refused = await call(url, 'GET', '/api/events', { headers: from('10.0.0.2') });
    expect([refused.status, refused.headers.get('retry-after')]).to.deep.equal([503, '1']);
    for (const one of open) one[Symbol.dispose]();
    await eventually(
      () => subscribe('10.0.0.2'),
      ({ status }) => status === 200,
    );
    const head = await call(url, 'HEAD', '/api/events', { headers: from('10.0.0.3') });
    expect([head.status, head.headers.get('content-type')]).to.deep.equal([200, 'text/event-stream; charset=utf-8']);
  });

  it('goes on behind what the client got, whatever its address says', async () => {
    const { url } = await run();
    using first = await readFeed(`${url}/api/events`);
    for (const id of ['a', 'b', 'c']) await create(url, 'book', id);
    await eventually(
      async () => eventsOf(first).length,
      (length) => length === 3,
    );
    const [a, b] = eventsOf(first);
    using all = await readFeed(`${url}/api/events?from=start`); // on a system where nothing happens
    using second = await readFeed(`${url}/api/events?after=${a?.id}`, { 'last-event-id': b?.id ?? '' });
    await eventually(
      async () => [versionsOf(second), versionsOf(all).length] as const,
      ([versions, fromStart]) => versions.length === 1 && fromStart === 3,
    );
    expect(versionsOf(second)).to.deep.equal(['book c 1']);
  });

  it('ends a client that does not read, and no other one', async () => {
    const { url } = await run({ LIVE_RING_EVENTS: '20', LIVE_CLIENT_MAX: '2' });
    const stuck = await connectRaw(url);
    stuck.on('error', () => undefined);
    stuck.pause();
    stuck.write('GET /api/events HTTP/1.1\r\nHost: muster\r\n\r\n');
    using other = await readFeed(`${url}/api/events`);
    // a third subscription is possible when the first one was ended
    const isEnded = async () => {
      using third = await readFeed(`${url}/api/events`);
      return third.status === 200;
    };
    const text = '\u0001'.repeat(10_000); // takes 60 KB as JSON
    let count = 0;
    await create(url, 'book', 'a');
    // until the buffers of the connection are full, whatever their size
    for (; count < 1_000 && (count % 10 > 0 || !(await isEnded())); count += 1)
      await change(url, 'book', 'a', `${count} ${text}`);
    const read: Buffer[] = [];
    stuck.on('data', (bytes) => read.push(bytes)).resume();
    await new Promise((resolve) => stuck.once('close', resolve));
    const said = Buffer.concat(read).toString();
    expect(said).to.contain('event: end').and.contain('"reason":"too-slow"');
    expect(said.split('BookUpdated').length).to.be.below(count);
    await eventually(
      async () => eventsOf(other).length,
      (length) => length === count + 1,
      30_000,
    );
    expect(findDisorder(eventsOf(other))).to.deep.equal([]);
  });

  it('tells its clients that it stops, and behind what they can resume', async () => {
    const system = await run();
    using reader = await readFeed(`${system.url}/api/events`);
    await create(system.url, 'book', 'a');
    await eventually(
      async () => eventsOf(reader).length,
      (length) => length === 1,
    );
    open.splice(0);
    await system[Symbol.asyncDispose]();
    await reader.ended;
    const end = reader.messages.at(-1);
    expect([end?.event, end?.data]).to.deep.equal(['end', { reason: 'stopping', position: lastIdOf(reader) }]);
    const next = await run();
    await create(next.url, 'book', 'b');
    using resumed = await readFeed(`${next.url}/api/events`, { 'last-event-id': lastIdOf(reader) });
    await eventually(
      async () => versionsOf(resumed),
      (versions) => versions.length > 0,
    );
    expect(versionsOf(resumed)).to.deep.equal(['book b 1']);
  });

  it('needs a key where the service does, and ends when the key is revoked', async () => {
    await using log = openLog({ ...database, appName: 'test' });
    const { key, document } = newKey({ name: 'reader', scope: 'read', createdAt: new Date() });
    await storeKey(log, document, 5_000);
    const { url } = await run({ AUTH: 'on' });
    expect((await call(url, 'GET', '/api/events')).status).to.equal(401);
    const reader = await eventually(
      () => readFeed(`${url}/api/events`, { authorization: `Bearer ${key}` }),
      ({ status }) => status === 200, // 503 until the keys are read
    );
    await revokeKeys(log, 'reader', new Date(), 5_000);
    await reader.ended;
    expect(reader.messages.at(-1)?.data.reason).to.equal('key-refused');
  });
});
