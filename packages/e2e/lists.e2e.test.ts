import {
  type Active,
  compareRows,
  defineRecord,
  type Filter,
  keyOfThing,
  meetsAll,
  optional,
  type SortKey,
} from '@muster/model';
import { openLog, scanRecords, stateOf } from '@muster/store';
import {
  call,
  callPatiently,
  eventually,
  forAll,
  openTestDatabase,
  type Reply,
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
  fields: {
    title: Joi.string(),
    pages: Joi.number(),
    lent: optional(Joi.boolean()),
    dueAt: optional(Joi.date()),
    notes: Joi.string(),
  },
  indexes: ['title', 'pages', 'lent', 'dueAt'],
});

const bookCount = 240;
const titles = ['Ada', 'ada', 'B', 'Bell', 'Bé', 'z', 'Ä', '\u{ffff}', '\u{1f600}', ''].map((title) => `${title}.`);
const days = ['2026-01-01', '2026-02-01', '2026-03-01'];

const anyBook = fc.record(
  {
    title: fc.constantFrom(...titles),
    pages: fc.constantFrom(-1, 0, 0.5, 10, 11, 12, 100),
    lent: fc.boolean(),
    dueAt: fc.constantFrom(...days),
    notes: fc.constant('none'),
  },
  { requiredKeys: ['title', 'pages', 'notes'] },
);

// all programs share one process here, and a late answer of an aggregator would be replaced by the snapshot's
const patient = { REPLICA_DEADLINE_MS: '5000' };

type Asked = { filters: Filter[]; sort: SortKey[]; size: number };

const texts: Record<string, fc.Arbitrary<string>> = {
  title: fc.constantFrom(...titles),
  pages: fc.constantFrom('0', '10', '11', '-1', '0.5'),
  lent: fc.constantFrom('true', 'false'),
  dueAt: fc.constantFrom(...days),
  id: fc.nat(bookCount).map((n) => `book-${n}`),
};
const fields = Object.keys(texts);

const anyFilter: fc.Arbitrary<[name: string, text: string]> = fc.constantFrom(...fields).chain((field) => {
  const isText = field === 'title' || field === 'id';
  const operators = [
    'eq',
    'ne',
    'lt',
    'lte',
    'gt',
    'gte',
    'in',
    ...(isText ? ['contains', 'startsWith', 'endsWith'] : []),
  ];
  const compared = fc.tuple(
    fc.constantFrom(...operators).map((operator) => `filter[${field}][${operator}]`),
    texts[field] ?? fc.constant(''),
  );
  const exists = fc.tuple(fc.constant(`filter[${field}][exists]`), fc.constantFrom('true', 'false'));
  return fc.oneof({ arbitrary: compared, weight: 9 }, { arbitrary: exists, weight: 1 });
});

const anySort = fc
  .uniqueArray(fc.constantFrom(...fields, 'createdAt', 'updatedAt', 'version'), { maxLength: 2 })
  .chain((names) => fc.tuple(...names.map((name) => fc.constantFrom(name, `-${name}`))));

const anyParameters: fc.Arbitrary<[string, string][]> = fc
  .tuple(
    fc.uniqueArray(anyFilter, { selector: ([name]) => name, maxLength: 2 }),
    anySort,
    fc.constantFrom(40, 100, 1_000),
  )
  .map(([filters, sort, size]) => [
    ...filters,
    ...(sort.length > 0 ? [['sort', sort.join(',')] as [string, string]] : []),
    ['page[size]', String(size)],
  ]);

/** What is asked for, from the parameters. Written again, so that the test does not trust what it tests. */
const askedOf = (parameters: readonly [string, string][]): Asked => {
  const asked: Asked = { filters: [], sort: [], size: 100 };
  for (const [name, text] of parameters) {
    const [, field = '', operator = ''] = /^filter\[(\w+)\]\[(\w+)\]$/.exec(name) ?? [];
    if (field !== '') {
      const key = operator === 'exists' ? text === 'true' : keyOfText(field, text);
      asked.filters.push({ field, operator: operator as Filter['operator'], keys: [key] });
    } else if (name === 'sort')
      asked.sort.push(
        ...text.split(',').map((one) => ({ field: one.replace(/^-/, ''), descending: one.startsWith('-') })),
      );
    else asked.size = Number(text);
  }
  asked.sort.push({ field: 'id', descending: false });
  return asked;
};

const keyOfText = (field: string, text: string) => {
  if (field === 'pages') return Number(text);
  if (field === 'lent') return text === 'true';
  return field === 'dueAt' ? new Date(text) : text;
};

const addressOf = (parameters: readonly [string, string][]) => `/api/book?${new URLSearchParams([...parameters])}`;

const linkOf = ({ headers }: Reply, relation: string): string | undefined =>
  new RegExp(`<([^>]*)>; rel="${relation}"`).exec(headers.get('link') ?? '')?.[1];

/** Follows the links from page to page. Returns the pages, or the first reply that is no page. */
const walk = async (
  url: string,
  address: string,
  relation: string,
  ask = callPatiently,
): Promise<string[][] | Reply> => {
  const pages: string[][] = [];
  for (let next: string | undefined = address; next !== undefined; ) {
    const reply: Reply = await ask(url, 'GET', next);
    if (reply.status !== 200) return reply;
    pages.push(reply.body.map(({ id }: { id: string }) => id));
    next = linkOf(reply, relation);
  }
  return pages;
};

/** The pages of a walk. Throws with the reply that was no page. */
const pagesOf = (walked: string[][] | Reply): string[][] => {
  if (Array.isArray(walked)) return walked;
  throw new Error(`Expected a page, got ${walked.status}: ${walked.text}`);
};

describe('Filtered and sorted lists', () => {
  let database: TestDatabase;
  let system: InProcess;
  const things = new Map<string, Active>();
  const samples = fc.sample(anyParameters, { numRuns: 120, seed: 7 });
  const ask = (path: string, send = callPatiently) => send(system.url, 'GET', path);

  before(async () => {
    database = await openTestDatabase();
    system = await runInProcess([book], { aggregators: 2, database, environment: patient });
    const books = fc.sample(anyBook, { numRuns: bookCount, seed: 3 });
    await forAll(books, 32, async (body, n) => {
      expect(
        (await callPatiently(system.url, 'POST', '/api/book', { body: { id: `book-${n}`, ...body } })).status,
      ).to.equal(201);
      if (n % 5 === 0)
        await callPatiently(system.url, 'PUT', `/api/book/book-${n}`, { body: { pages: 12, lent: true } });
      if (n % 11 === 0) await callPatiently(system.url, 'DELETE', `/api/book/book-${n}`);
    });
  });
  after(async () => {
    await system[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const expectedOf = (parameters: readonly [string, string][]): string[] => {
    const { filters, sort } = askedOf(parameters);
    const rows = [...things].flatMap(([id, state]) =>
      meetsAll(filters, (field) => keyOfThing(id, state, field))
        ? [{ id, keys: sort.map(({ field }) => keyOfThing(id, state, field)) }]
        : [],
    );
    return rows.sort((one, other) => compareRows(sort, one.keys, other.keys)).map(({ id }) => id);
  };

  it('show at once what was written through the same gateway', async () => {
    for (let n = 0; n < 30; n += 1) {
      const body = { id: `now-${n}`, title: 'now', pages: 1_000 + n, notes: 'none' };
      const written = await callPatiently(system.url, 'POST', '/api/book', { body });
      expect(written.status, written.text).to.equal(201);
      const seen = await ask('/api/book?filter[title]=now&sort=-pages&limit=1');
      expect(seen.body[0]?.id, seen.text).to.equal(`now-${n}`);
    }
    for (let n = 0; n < 30; n += 1) await callPatiently(system.url, 'DELETE', `/api/book/now-${n}`);
    expect((await ask('/api/book?filter[title]=now')).body).to.deep.equal([]);
  });

  it('show nobody twice to a client that walks while others write', async () => {
    const stop = { now: false };
    const writing = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; !stop.now; n += 1) {
        const id = `busy-${writer}-${n}`;
        await callPatiently(system.url, 'POST', '/api/book', {
          body: { id, title: `t${n % 50}`, pages: n, notes: 'none' },
        });
        await callPatiently(system.url, 'PUT', `/api/book/${id}`, { body: { lent: n % 2 === 0, notes: 'changed' } });
        await callPatiently(system.url, 'DELETE', `/api/book/${id}`);
      }
    });
    try {
      for (const sort of ['title', '-title', 'pages,-title', '-createdAt', 'id']) {
        const ids = pagesOf(await walk(system.url, `/api/book?sort=${sort}&page[size]=9`, 'next')).flat();
        expect(new Set(ids).size, sort).to.equal(ids.length);
        // those that nobody writes are all there
        expect(ids.filter((id) => id.startsWith('book-')).length, sort).to.equal(bookCount - Math.ceil(bookCount / 11));
      }
    } finally {
      stop.now = true;
      await Promise.all(writing);
    }
  });

  it('select fields, count matches, and have links by offset', async () => {
    const reply = await ask('/api/book?filter[pages][gte]=0&sort=pages&fields=pages&total=true&limit=5&offset=5');
    expect(reply.status, reply.text).to.equal(200);
    expect(reply.body.every((seen: object) => Object.keys(seen).join() === 'id,pages')).to.equal(true);
    const pages = pagesOf(await walk(system.url, '/api/book?filter[pages][gte]=0&sort=pages&limit=50', 'next'));
    expect(reply.headers.get('muster-total')).to.equal(String(pages.flat().length));
    expect(reply.body.map(({ id }: { id: string }) => id)).to.deep.equal(pages.flat().slice(5, 10));
    expect(linkOf(reply, 'first')).to.match(
      /filter%5Bpages%5D%5Bgte%5D=0&sort=pages&fields=pages&total=true&offset=0&limit=5$/,
    );
    expect(linkOf(reply, 'prev')).to.match(/offset=0&limit=5$/);
    expect(linkOf(reply, 'next')).to.match(/offset=10&limit=5$/);
  });

  it('refuse what is wrong, and a cursor of other filters', async () => {
    const next = linkOf(await ask('/api/book?sort=title&page[size]=5'), 'next') ?? '';
    const cursor = new URLSearchParams(next.split('?')[1]).get('page[after]') ?? '';
    for (const query of [
      `sort=-title&page[after]=${cursor}`,
      `sort=title&filter[pages]=10&page[after]=${cursor}`,
      `sort=title&page[after]=${cursor}x`,
      'filter[notes]=none',
      'filter[pages]=many',
      'filter[$where]=1',
      'sort=__proto__',
    ]) {
      const reply = await ask(`/api/book?${query}`);
      expect([reply.status, reply.body.type, reply.body.errors.length], query).to.deep.equal([
        ...[400, '/problems/invalid-input', 1],
      ]);
    }
  });

  it('equal a naive evaluation, from memory and with every aggregator down', async () => {
    const walkAll = async (relation: string, send = callPatiently) => {
      const walks: (string[][] | Reply)[] = [];
      for (const parameters of samples) walks.push(await walk(system.url, addressOf(parameters), relation, send));
      return walks;
    };
    const fromMemory = await walkAll('next');
    const halfway = await ask('/api/book?sort=title&page[size]=50');
    await system[Symbol.asyncDispose](); // the last snapshot has everything
    await using log = openLog({ ...database, appName: 'test' });
    for await (const record of scanRecords(
      log,
      book,
      Array.from({ length: 32 }, (_, n) => n),
    )) {
      const state = stateOf(book, record);
      if (state.status === 'active') things.set(record._id, state);
    }
    for (const [at, parameters] of samples.entries())
      expect(pagesOf(fromMemory[at] as string[][] | Reply).flat(), addressOf(parameters)).to.deep.equal(
        expectedOf(parameters),
      );

    system = await runInProcess([book], { aggregators: 0, database });
    await eventually(
      () => ask('/api/book/count'),
      ({ status }) => status === 200,
    );
    const answered = { yes: 0, no: 0 };
    for (const [at, walked] of (await walkAll('next', call)).entries()) {
      const parameters = samples[at] ?? [];
      const { filters, sort } = askedOf(parameters);
      if (Array.isArray(walked)) {
        answered.yes += 1;
        expect(walked.flat(), addressOf(parameters)).to.deep.equal(expectedOf(parameters));
        continue;
      }
      answered.no += 1;
      expect([walked.status, walked.body.type], walked.text).to.deep.equal([503, '/problems/unavailable']);
      const isBounded = filters.some(({ operator }) => ['eq', 'in'].includes(operator));
      const isOneIndex =
        filters.length === 0 &&
        sort.length < 3 &&
        !['createdAt', 'updatedAt', 'version'].includes(sort[0]?.field ?? '');
      expect(isBounded || isOneIndex, walked.text).to.equal(false);
    }
    expect(answered.yes).to.be.above(40);
    expect(answered.no).to.be.above(10);

    // a cursor of the other gateway
    const next = await ask(linkOf(halfway, 'next') ?? '');
    const all = expectedOf([['sort', 'title']]);
    expect(next.body.map(({ id }: { id: string }) => id)).to.deep.equal(all.slice(50, 100));
    expect(next.headers.get('muster-as-of')).to.match(/^20/);
    const back = await ask(linkOf(next, 'prev') ?? '');
    expect(back.body).to.deep.equal(halfway.body);
    const far = await ask('/api/book?sort=-pages&offset=60&limit=20&total=true');
    expect(far.body.map(({ id }: { id: string }) => id)).to.deep.equal(expectedOf([['sort', '-pages']]).slice(60, 80));
    expect(far.headers.get('muster-total')).to.equal(String(things.size));
    const refused = await ask('/api/book?filter[title][contains]=e', call);
    expect([refused.status, refused.headers.get('retry-after')], refused.text).to.deep.equal([503, '1']);
    expect(refused.body.detail).to.match(/add a filter with eq, in, lt/);
    expect((await ask('/api/book?filter[title][contains]=e&filter[pages]=10')).status).to.equal(200);
  });
});
