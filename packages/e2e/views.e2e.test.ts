import { compareKeys, countBy, defineRecord, type Key, optional } from '@muster/model';
import { partitionOf } from '@muster/placement';
import {
  call,
  eventually,
  forAll,
  openShell,
  openTestDatabase,
  type Reply,
  storedNote,
  type TestDatabase,
} from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import { type InProcess, runInProcess } from './run-in-process.ts';

const book = defineRecord({
  name: 'book',
  title: 'Book',
  collection: 'Books',
  fields: { title: Joi.string(), shelf: optional(Joi.string()), pages: optional(Joi.number()), price: Joi.number() },
  indexes: ['shelf', 'title', 'pages'],
  views: {
    ...{ byShelf: countBy('shelf', { measures: ['pages', 'price'] }), byTitle: countBy('title') },
    byPages: countBy('pages'),
  },
});

type Book = { id: string; title: string; shelf?: string; pages?: number; price: number };
type Figures = { count: number; sum: number; min: number | null; max: number | null; average: number | null };
type Group = { key: Key; count: number; measures: { pages: Figures; price: Figures } };

const bookCount = 160;
const anyBook = fc.record(
  {
    title: fc.nat(70).map((n) => `t${n}`),
    shelf: fc.constantFrom('a', 'b', 'c', 'Ä', '\u{1f600}', ''.padEnd(300, 'x')),
    pages: fc.constantFrom(0, 10, 11, 12, 100),
    price: fc.integer({ min: -400, max: 400 }).map((n) => n / 4), // sums without rounding, also of the test itself
  },
  { requiredKeys: ['title', 'price'] },
);

// all programs share one process here, and a late answer of an aggregator would be replaced by the snapshot's
const patient = { REPLICA_DEADLINE_MS: '5000' };

const figuresOf = (values: number[]): Figures => {
  const sum = values.reduce((all, value) => all + value, 0);
  if (values.length === 0) return { count: 0, sum, min: null, max: null, average: null };
  return {
    count: values.length,
    sum,
    min: Math.min(...values),
    max: Math.max(...values),
    average: sum / values.length,
  };
};

/** The groups that the view must have, in the order of their keys. Counted in another way than the service does. */
const groupsOf = (books: readonly Book[]): Group[] => {
  const keys = [...new Set(books.map(({ shelf }) => shelf ?? null))].sort(compareKeys);
  return keys.map((key) => {
    const own = books.filter(({ shelf = null }) => shelf === key);
    const measures = {
      pages: figuresOf(own.flatMap(({ pages }) => pages ?? [])),
      price: figuresOf(own.map(({ price }) => price)),
    };
    return { key, count: own.length, measures };
  });
};

const linkOf = ({ headers }: Reply, relation: string): string | undefined =>
  new RegExp(`<([^>]*)>; rel="${relation}"`).exec(headers.get('link') ?? '')?.[1];

describe('Views', () => {
  let database: TestDatabase;
  let system: InProcess;
  const books = new Map<string, Book>();
  const ask = (query: string) => call(system.url, 'GET', `/api/book/views/byShelf${query}`);
  const expected = () => groupsOf([...books.values()]);

  const walk = async (address: string, relation = 'next'): Promise<Group[]> => {
    const groups: Group[] = [];
    for (let next: string | undefined = address; next !== undefined; ) {
      const reply: Reply = await call(system.url, 'GET', next);
      expect(reply.status, reply.text).to.equal(200);
      groups.push(...(relation === 'prev' ? reply.body.toReversed() : reply.body));
      next = linkOf(reply, relation);
    }
    return groups;
  };

  const put = async (id: string, changes: Partial<Book>) => {
    const known = books.get(id);
    const body = known ? changes : { id, ...changes };
    const reply = await call(system.url, known ? 'PUT' : 'POST', `/api/book${known ? `/${id}` : ''}`, { body });
    expect(reply.status, reply.text).to.be.oneOf([200, 201]);
    books.set(id, { ...known, ...changes, id } as Book);
  };
  const remove = async (id: string) => {
    expect((await call(system.url, 'DELETE', `/api/book/${id}`)).status).to.equal(204);
    books.delete(id);
  };

  before(async () => {
    database = await openTestDatabase();
    system = await runInProcess([book], { aggregators: 2, database, environment: patient });
    await forAll(fc.sample(anyBook, { numRuns: bookCount, seed: 5 }), 16, async (fields, n) => {
      await put(`book-${n}`, fields);
    });
  });
  after(async () => {
    await system[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  it('say what the things are, at once after each write', async () => {
    expect((await ask('')).body).to.deep.equal(expected());
    const changes = fc.sample(anyBook, { numRuns: 60, seed: 8 });
    for (const [n, change] of changes.entries()) {
      if (n % 7 === 3) await remove(`book-${n}`);
      else await put(`book-${n}`, change);
      const reply = await ask('');
      expect(reply.body, `after change ${n}`).to.deep.equal(expected());
      expect(reply.headers.get('muster-source')).to.match(/^aggregator-/);
      expect(Number(reply.headers.get('muster-lag-ms'))).to.be.below(10_000);
      expect(reply.headers.get('muster-as-of')).to.equal(null);
    }
  });

  const itSaysAll = (from: string) => {
    it(`are sorted, filtered and read page by page ${from}`, async () => {
      const groups = expected();
      const base = '/api/book/views/byShelf';
      expect(await walk(`${base}?page[size]=2`)).to.deep.equal(groups);
      expect(await walk(`${base}?sort=-key&limit=3`)).to.deep.equal(groups.toReversed());
      for (const [sort, figure] of [
        ['count', ({ count }: Group) => count],
        ['pages.max', ({ measures: { pages } }: Group) => pages.max ?? Number.NEGATIVE_INFINITY],
        ['price.average', ({ measures: { price } }: Group) => price.average ?? Number.NEGATIVE_INFINITY],
      ] as const) {
        const up = [...groups].sort((one, other) => figure(one) - figure(other) || compareKeys(one.key, other.key));
        const down = [...groups].sort((one, other) => figure(other) - figure(one) || compareKeys(one.key, other.key));
        expect(await walk(`${base}?sort=${sort}&page[size]=2`), sort).to.deep.equal(up);
        expect(await walk(`${base}?sort=-${sort}&limit=2`), sort).to.deep.equal(down);
        expect((await ask(`?sort=-${sort}&limit=1`)).body, sort).to.deep.equal(down.slice(0, 1));
      }
      const some = groups.filter(({ key }) => key === 'a' || key === 'c');
      expect((await ask('?filter[shelf][in]=a,c,none')).body).to.deep.equal(some);
      expect((await ask('?filter[shelf][exists]=false')).body).to.deep.equal(groups.filter(({ key }) => key === null));
      expect((await ask('?filter[shelf][gt]=b')).body).to.deep.equal(
        groups.filter(({ key }) => key !== null && compareKeys(key, 'b') > 0),
      );
      expect((await ask('?filter[shelf][contains]=x&filter[shelf][ne]=a')).body).to.deep.equal(
        groups.filter(({ key }) => String(key).includes('x')),
      );
    });

    it(`are walked back by links ${from}`, async () => {
      for (const sort of ['key', '-key', 'count', '-price.sum']) {
        const pages: Group[] = await walk(`/api/book/views/byShelf?sort=${sort}&page[size]=2`);
        let next = `/api/book/views/byShelf?sort=${sort}&page[size]=2`;
        for (let at = 0; at < 3; at += 1)
          next = linkOf(await call(system.url, 'GET', next), at < 2 ? 'next' : 'prev') ?? next;
        expect((await call(system.url, 'GET', next)).body, sort).to.deep.equal(pages.slice(2, 4));
      }
    });
  };

  itSaysAll('from memory');

  it('count without measures', async () => {
    const { body } = await call(system.url, 'GET', '/api/book/views/byTitle?limit=1000');
    const titles = [...books.values()].map(({ title }) => title);
    const keys = [...new Set(titles)].sort();
    expect(body).to.deep.equal(keys.map((key) => ({ key, count: titles.filter((title) => title === key).length })));
  });

  it('have keys of any type, and cursors for them', async () => {
    const pages = [...books.values()].map((one) => one.pages ?? null);
    const keys = [...new Set(pages)].sort(compareKeys);
    const groups = keys.map((key) => ({ key, count: pages.filter((one) => one === key).length }));
    expect(await walk('/api/book/views/byPages?page[size]=1')).to.deep.equal(groups);
    expect(await walk('/api/book/views/byPages?page[size]=1&sort=-key')).to.deep.equal(groups.toReversed());
  });

  it('refuse what they do not know, and cursors of other filters', async () => {
    const cursor = new URLSearchParams(linkOf(await ask('?page[size]=2'), 'next')?.split('?')[1]).get('page[after]');
    for (const [query, pointer] of [
      ['?sort=shelf', '/sort'],
      ['?filter[title]=t1', '/filter[title]'],
      ['?total=true', '/total'],
      ['?limit=0', '/limit'],
      [`?sort=-key&page[after]=${cursor}`, '/page[after]'],
      [`?filter[shelf]=a&page[after]=${cursor}`, '/page[after]'],
    ]) {
      const reply = await ask(query ?? '');
      expect([reply.status, reply.body.errors?.[0]?.pointer], query).to.deep.equal([400, pointer]);
    }
    const other = await call(system.url, 'GET', `/api/book/views/byTitle?page[after]=${cursor}`);
    expect(other.status).to.equal(400);
    expect((await call(system.url, 'GET', '/api/book/views/none')).body.type).to.equal('/problems/no-such-route');
    const post = await call(system.url, 'POST', '/api/book/views/byShelf', { body: {} });
    expect([post.status, post.headers.get('allow')]).to.deep.equal([405, 'HEAD, GET']);
  });

  it('are documents of JSON:API for clients that ask for them', async () => {
    const headers = { accept: 'application/vnd.api+json' };
    const reply = await call(system.url, 'GET', '/api/book/views/byShelf?limit=1&sort=-key', { headers });
    const [group] = expected().toReversed();
    expect(reply.headers.get('content-type')).to.equal('application/vnd.api+json');
    expect(reply.body.data).to.deep.equal([
      { type: 'book-byShelf', id: JSON.stringify(group?.key), attributes: group },
    ]);
    expect(reply.body.links.next).to.match(/offset=1/);
  });

  it('go on with every aggregator down, with the time of the snapshot', async () => {
    await system[Symbol.asyncDispose](); // the last snapshot has everything
    system = await runInProcess([book], { aggregators: 0, database });
    await eventually(
      () => ask(''),
      ({ status }) => status === 200,
    );
    const reply = await ask('');
    expect(reply.body).to.deep.equal(expected());
    expect(reply.headers.get('muster-source')).to.equal('database');
    expect(reply.headers.get('muster-as-of')).to.match(/^20/);
  });

  itSaysAll('from the snapshot');

  it('say the same after a restart of an aggregator', async () => {
    await system[Symbol.asyncDispose]();
    system = await runInProcess([book], { aggregators: 1, database, environment: patient });
    await eventually(
      () => ask(''),
      ({ status, headers }) => status === 200 && !headers.has('muster-as-of'),
    );
    expect((await ask('')).body).to.deep.equal(expected());
    await put('book-1', { shelf: 'new', pages: 1_000 });
    expect((await ask('')).body).to.deep.equal(expected());
  });

  it('have an order by count of 10,000 groups at most, and any number of them by key', async () => {
    await using shell = openShell(database);
    const events = Array.from({ length: 10_100 }, (_, n) => {
      const [entityId, data] = [`many-${n}`, { title: `many ${n}`, price: 1 }];
      const partition = partitionOf('book', entityId, 32);
      const event = storedNote(
        { type: 'NoteCreated', version: 1, data: { text: '', stars: 0 } },
        { entityId, partition },
      );
      return { ...event, _id: entityId, entity: 'book', type: 'BookCreated', data };
    });
    await shell.events.insertMany(events, { ordered: false });
    await eventually(
      () => call(system.url, 'GET', '/api/book/count'),
      ({ body, headers }) => body.count === books.size + events.length && !headers.has('muster-as-of'),
      30_000,
    );
    const refused = await call(system.url, 'GET', '/api/book/views/byTitle?sort=-count&limit=3');
    expect([refused.status, refused.body.type]).to.deep.equal([400, '/problems/out-of-reach']);
    expect(refused.body.detail).to.match(/over 10000 groups, .* add a filter on title, or sort by key/);
    const some = await call(system.url, 'GET', '/api/book/views/byTitle?sort=-count&limit=3&filter[title][lt]=many 2');
    expect([some.status, some.body.length]).to.deep.equal([200, 3]);
    const pages = await walk('/api/book/views/byTitle?page[size]=1000');
    const titles = new Set([...[...books.values()].map(({ title }) => title), ...events.map(({ data }) => data.title)]);
    expect(pages.map(({ key }) => key)).to.deep.equal([...titles].sort());
  });
});
