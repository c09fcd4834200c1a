import { subscribe } from '@muster/client';
import { countBy, defineRecord, optional } from '@muster/model';
import {
  call,
  eventually,
  type FeedReader,
  foldLiveList,
  forAll,
  nextRandom,
  openSeeded,
  openTestDatabase,
  parseMessages,
  pickFrom,
  readFeed,
  type Seeded,
  type TestDatabase,
} from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { connectRaw } from './raw-client.ts';
import { type InProcess, runInProcess } from './run-in-process.ts';

const book = defineRecord({
  name: 'book',
  title: 'Book',
  collection: 'Books',
  fields: { title: Joi.string().max(50_000), pages: Joi.number(), lent: optional(Joi.boolean()) },
  indexes: ['title', 'pages', 'lent'],
  views: { byPages: countBy('pages') },
});
const film = defineRecord({ name: 'film', title: 'Film', collection: 'Films', fields: { title: Joi.string() } });
const entities = [book, film];

// all programs share one process here, so an aggregator may answer late
const patient = { REPLICA_DEADLINE_MS: '5000' };
const stream = { accept: 'text/event-stream' };
const bookCount = 60;

/** Creates, changes or deletes a random book, at one of the gateways. */
const writeAny = async (urls: readonly string[], random: Seeded): Promise<void> => {
  const url = pickFrom(random, urls);
  const path = `/api/book/b${Math.floor(nextRandom(random) * bookCount)}`;
  const title = `t${Math.floor(nextRandom(random) * 30)}`;
  const pages = Math.floor(nextRandom(random) * 5);
  const dice = nextRandom(random);
  if (dice < 0.4) await call(url, 'POST', '/api/book', { body: { id: path.slice('/api/book/'.length), title, pages } });
  else if (dice < 0.6) await call(url, 'PUT', path, { body: { pages } });
  else if (dice < 0.8) await call(url, 'PUT', path, { body: { title } });
  else if (dice < 0.9) await call(url, 'PUT', path, { body: { lent: pages < 2 } });
  else await call(url, 'DELETE', path);
};

describe('Live lists', function () {
  this.timeout(180_000);
  let database: TestDatabase;
  const open: InProcess[] = [];
  const run = async (aggregators: number, environment: Record<string, string> = {}) => {
    const system = await runInProcess(entities, {
      ...{ aggregators, database, environment: { ...patient, ...environment } },
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

  const create = (url: string, id: string, title: string, pages: number) =>
    call(url, 'POST', '/api/book', { body: { id, title, pages } });
  const untilWhole = (reader: FeedReader, isWanted: (items: unknown[]) => boolean) =>
    eventually(
      async () => foldLiveList(reader.messages).lists.at(-1) ?? [],
      (items) => isWanted(items),
    );

  it('are the list and its changes: any filter, sort and page becomes what GET answers, each time', async () => {
    const [one, two] = [await run(3), await run(0)];
    const urls = [one.url, two.url];
    const random = openSeeded(7);
    const write = (count: number) =>
      forAll(
        Array.from({ length: count }, (_, n) => n),
        6,
        () => writeAny(urls, random),
      );
    await write(120);
    const page = await call(one.url, 'GET', '/api/book?sort=pages,-title&page[size]=6');
    const [, next = ''] = /<([^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '') ?? [];
    const later = await call(one.url, 'GET', next);
    const [, back = ''] = /<([^>]*)>; rel="prev"/.exec(later.headers.get('link') ?? '') ?? [];
    expect([next, back]).to.not.include('');
    const paths = [
      ...['/api/book', '/api/book?offset=5&limit=7', '/api/book?sort=title&limit=8', next, back],
      ...[
        '/api/book?filter[pages]=3&sort=title',
        '/api/book?filter[pages][gte]=2&sort=-pages,title&limit=5&total=true',
      ],
      ...['/api/book?filter[lent]=true&fields=title', '/api/book?sort=-title&offset=4&limit=6'],
      ...['/api/book?filter[title][startsWith]=t1&sort=-updatedAt&limit=9', '/api/book?sort=id&page[size]=10'],
      ...['/api/book?filter[pages]=4&sort=title&limit=40', '/api/book?filter[pages]=1&sort=title&page[size]=40'],
      ...['/api/book/views/byPages', '/api/book/views/byPages?sort=-count&limit=3'],
    ];
    const readers = await Promise.all(
      paths.map((path, at) => readFeed(`${urls[at % 2]}${path}`, stream).then((reader) => ({ path, reader, at }))),
    );
    for (const { path, reader } of readers) expect(reader.status, path).to.equal(200);
    for (let round = 0; round < 4; round += 1) {
      await write(100);
      for (const { path, reader, at } of readers) {
        const wanted = await call(urls[at % 2] ?? '', 'GET', path);
        const wantedTotal = wanted.headers.get('muster-total');
        const got = await eventually(
          async () => {
            const { asOf, lists, total } = foldLiveList(reader.messages);
            return { path, asOf, total, list: JSON.stringify(lists.at(-1)), wanted: wanted.text };
          },
          // the total may change without a change of the rows
          ({ list, total, wanted }) => list === wanted && (wantedTotal === null || total === Number(wantedTotal)),
        );
        expect(got.asOf, path).to.equal(undefined);
      }
    }
    for (const { path, reader } of readers) {
      const { lists } = foldLiveList(reader.messages);
      expect(lists.length, path).to.be.above(3);
      if (path.includes('filter[pages]=3'))
        for (const list of lists) {
          expect(list.every(({ pages }) => pages === 3)).to.equal(true);
          const titles = list.map(({ title }) => String(title));
          expect(titles).to.deep.equal([...titles].sort());
        }
      reader[Symbol.dispose]();
    }
  });

  it('send one change where one row changes, comes, goes or moves', async () => {
    const { url } = await run(1);
    for (const [id, title] of [
      ['a', 'one'],
      ['b', 'two'],
      ['c', 'zoo'],
    ] as const)
      await create(url, id, title, 1);
    using reader = await readFeed(`${url}/api/book?sort=title`, stream);
    await untilWhole(reader, ({ length }) => length === 3);
    const stepsOf = () => reader.messages.splice(1).filter(({ event }) => event !== 'bookmark');
    const list = await call(url, 'GET', '/api/book?sort=title');
    expect(reader.messages[0]?.event).to.equal('list');
    expect(reader.messages[0]?.data.items).to.deep.equal(list.body);
    const after = async (method: string, path: string, body?: object) => {
      await call(url, method, path, { body });
      const before = performance.now();
      await eventually(
        async () => reader.messages.length,
        (length) => length > 2 || performance.now() - before > 5_000,
      );
      return stepsOf().map(({ data, event }) => [event, data]);
    };
    const item = (id: string, title: string, pages = 1) => ({ id, title, pages });
    expect(await after('PUT', '/api/book/b', { pages: 2 })).to.deep.equal([
      ['changed', { at: 1, item: item('b', 'two', 2) }],
    ]);
    expect(await after('PUT', '/api/book/c', { title: 'alpha' })).to.deep.equal([
      ['moved', { from: 2, to: 0, item: item('c', 'alpha') }],
    ]);
    expect(await after('POST', '/api/book', item('d', 'tango'))).to.deep.equal([
      ['added', { at: 2, item: item('d', 'tango') }],
    ]);
    expect(await after('DELETE', '/api/book/a')).to.deep.equal([['removed', { at: 1, id: 'a' }]]);
  });

  it('show one thing: what it is, its changes, and that it is deleted', async () => {
    const { url } = await run(0); // exact without aggregators, too
    const refused = await call(url, 'GET', '/api/book/a', { headers: stream });
    expect([refused.status, refused.body.type]).to.deep.equal([404, '/problems/not-found']);
    await create(url, 'a', 'one', 1);
    await create(url, 'b', 'one', 1);
    using reader = await readFeed(`${url}/api/book/a`, stream);
    await call(url, 'PUT', '/api/book/b', { body: { pages: 2 } });
    await call(url, 'PUT', '/api/book/a', { body: { pages: 2 } });
    await untilWhole(reader, ([item]) => (item as { pages?: number } | undefined)?.pages === 2);
    await call(url, 'DELETE', '/api/book/a');
    await untilWhole(reader, ({ length }) => length === 0);
    expect(foldLiveList(reader.messages).lists).to.deep.equal([
      [{ id: 'a', title: 'one', pages: 1 }],
      [{ id: 'a', title: 'one', pages: 2 }],
      [],
    ]);
    expect((await call(url, 'GET', '/api/book/a', { headers: stream })).status).to.equal(410);
  });

  it('say as of when they are while no aggregator answers, and become current when one does', async () => {
    const { url } = await run(0);
    using reader = await readFeed(`${url}/api/book?sort=title`, stream);
    expect(reader.status).to.equal(200);
    await create(url, 'a', 'one', 1);
    const first = await run(1);
    await untilWhole(reader, ({ length }) => length === 1);
    await eventually(
      async () => foldLiveList(reader.messages).asOf,
      (asOf) => asOf === undefined,
    );
    open.splice(open.indexOf(first), 1);
    await first[Symbol.asyncDispose]();
    await create(url, 'b', 'two', 1);
    const asOf = await eventually(
      async () => foldLiveList(reader.messages).asOf,
      (time) => time !== undefined,
      30_000,
    );
    expect(new Date(String(asOf)).getTime()).to.be.within(Date.now() - 60_000, Date.now() + 60_000);
    using late = await readFeed(`${url}/api/book?sort=-title`, stream); // nothing happens after it begins
    expect(foldLiveList(late.messages).asOf).to.not.equal(undefined);
    await run(1);
    for (const each of [reader, late])
      await eventually(
        async () => foldLiveList(each.messages),
        ({ asOf, lists }) => asOf === undefined && lists.at(-1)?.length === 2,
        30_000,
      );
  });

  it('send a client that did not read the whole list, when it reads again', async () => {
    const { url } = await run(1);
    const stuck = await connectRaw(url);
    stuck.on('error', () => undefined);
    stuck.pause();
    stuck.write('GET /api/book?sort=title HTTP/1.0\r\nHost: muster\r\nAccept: text/event-stream\r\n\r\n');
    using other = await readFeed(`${url}/api/book?sort=title`, stream);
    const title = '\u0001'.repeat(9_500); // takes 57 KB as JSON
    let changes = 0;
    // more than the buffers of a connection take
    for (; changes < 170; changes += 1) {
      if (changes < 5) await create(url, `b${changes}`, title, 0);
      else await call(url, 'PUT', `/api/book/b${changes % 5}`, { body: { title: `${changes} ${title}` } });
      if (changes % 5 === 0) await eventuallyShown(other, changes);
    }
    const texts: string[] = [];
    stuck.on('data', (bytes) => texts.push(bytes.toString())).resume();
    const wanted = await call(url, 'GET', '/api/book?sort=title');
    const said = await eventually(
      async () => texts.join(''),
      (text) => text.includes(`"title":"169 `) && text.endsWith('\n\n'),
    );
    const messages = parseMessages(said.slice(said.indexOf('\r\n\r\n') + 4));
    expect(foldLiveList(messages).lists.at(-1)).to.deep.equal(wanted.body);
    expect(messages.filter(({ event }) => event === 'list')).to.have.length.above(1);
    expect(messages.length).to.be.below(2 * changes);
    expect(messages.map(({ event }) => event)).to.not.include('end');
    stuck.destroy();
  });

  const eventuallyShown = (reader: FeedReader, change: number) =>
    untilWhole(reader, (items) =>
      change < 5
        ? items.length > change
        : items.some((item) => String((item as { title: string }).title).startsWith(`${change} `)),
    );

  it('are kept by the client library, also over another gateway', async () => {
    const [one, two] = [await run(1), await run(0)];
    const urls = [one.url, two.url];
    const seen: { items: readonly unknown[]; asOf: string | undefined }[] = [];
    const target = { at: 1 };
    const subscription = subscribe(() => `${urls[target.at]}/api/book?filter[pages][lt]=3&sort=title&limit=7`, {
      onList: (items, { asOf }) => void seen.push({ items, asOf }),
      maxPauseMs: 100,
    });
    const random = openSeeded(3);
    const untilSame = () =>
      eventually(
        async () => {
          const wanted = await call(one.url, 'GET', '/api/book?filter[pages][lt]=3&sort=title&limit=7');
          return { got: seen.at(-1), wanted: wanted.body };
        },
        ({ got, wanted }) => got?.asOf === undefined && JSON.stringify(got?.items) === JSON.stringify(wanted),
      );
    await forAll(
      Array.from({ length: 60 }, (_, n) => n),
      4,
      () => writeAny(urls, random),
    );
    await untilSame();
    target.at = 0;
    open.splice(open.indexOf(two), 1);
    await two[Symbol.asyncDispose]();
    await forAll(
      Array.from({ length: 60 }, (_, n) => n),
      4,
      () => writeAny([one.url], random),
    );
    await untilSame();
    expect(seen.length).to.be.above(3);
    subscription.close();
    await subscription.done;
  });

  it('refuse what the list refuses, and leave other clients the plain answer', async () => {
    const { url } = await run(1);
    await create(url, 'a', 'one', 1);
    const ask = (path: string, accept: string) => call(url, 'GET', path, { headers: { accept } });
    for (const query of ['filter[x]=1', 'sort=x', 'limit=0', 'page[after]=x', 'sort=title&offset=1000000'])
      expect((await ask(`/api/book?${query}`, 'text/event-stream')).status, query).to.equal(400);
    expect((await ask('/api/book/views/byPages?sort=x', 'text/event-stream')).status).to.equal(400);
    expect((await ask('/api/book/a?x=1', 'text/event-stream')).status).to.equal(400);
    for (const accept of [
      '*/*',
      'application/json',
      'application/json, text/event-stream',
      'text/event-stream;q=0.1, */*',
      'application/vnd.api+json, text/event-stream;q=0.5',
      // a client that accepts anything cannot read a stream without an end
      'application/json;q=0.5, */*',
      'application/json;q=0.9, text/plain, */*',
      'application/json;q=0.8,*/*;q=0.9',
      'application/json;q=0.9,text/*',
      'application/problem+json, */*;q=0.1',
      'text/*',
      'text/*;q=0.3, */*;q=0.2',
      'text/event-stream;q=0, text/*',
    ])
      for (const path of ['/api/book?sort=title', '/api/book', '/api/book/views/byPages', '/api/book/a']) {
        const headers = { accept };
        const { status, headers: told } = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(5_000) });
        expect([status, told.get('content-type')], `${path} ${accept}`).to.deep.equal([
          200,
          accept.includes('vnd.api') ? 'application/vnd.api+json' : 'application/json; charset=utf-8',
        ]);
      }
    for (const accept of [
      'text/event-stream',
      'text/event-stream, */*;q=0.1',
      'text/event-stream, */*',
      'text/event-stream, application/json',
      'text/event-stream, application/json;q=0.5',
      'application/json;q=0.5, Text/Event-Stream; q=0.7',
    ]) {
      using reader = await readFeed(`${url}/api/book`, { accept });
      expect(reader.headers['content-type'], accept).to.equal('text/event-stream; charset=utf-8');
    }
  });
});
