import { defineRecord, optional } from '@muster/model';
import { partitionOf } from '@muster/placement';
import type { StoredEvent } from '@muster/store';
import {
  call,
  eventsOf,
  type FeedReader,
  forAll,
  type Message,
  nextRandom,
  openSeeded,
  openShell,
  openTestDatabase,
  pickFrom,
  readFeed,
  type Seeded,
  type TestDatabase,
  until,
} from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { type InProcess, runInProcess } from './run-in-process.ts';

const book = defineRecord({
  ...{ name: 'book', title: 'Book', collection: 'Books' },
  fields: { title: Joi.string(), shelf: optional(Joi.number()), lent: optional(Joi.boolean()), notes: Joi.string() },
  indexes: ['title', 'shelf', 'lent'],
});
const account = defineRecord({
  ...{ name: 'account', title: 'Account', collection: 'Accounts' },
  fields: { name: Joi.string(), secret: optional(Joi.string()) },
  indexes: ['name'],
  present: ({ name, secret }) => ({ name, hasSecret: secret !== undefined }),
});

type Book = { title: string; shelf?: number; lent?: boolean; notes: string };
type Known = Book & { id: string; version: number };
/** An event of the log, and the thing before and after it, as the test computes it. */
type Step = { key: string; type: string; before: Known | undefined; after: Known | undefined };

// each filter as an address has it, and as the test understands it
const filters: [query: string, isMet: (thing: Known) => boolean][] = [
  ['filter[shelf]=2', ({ shelf }) => shelf === 2],
  ['filter[shelf][gte]=2&filter[lent]=true', ({ lent, shelf = 0 }) => shelf >= 2 && lent === true],
  ['filter[shelf][exists]=false', ({ shelf }) => shelf === undefined],
  ['filter[shelf][ne]=1', ({ shelf }) => shelf !== 1],
  ['filter[title][startsWith]=a', ({ title }) => title.startsWith('a')],
  ['filter[title][in]=ab,b&filter[version][gte]=3', ({ title, version }) => ['ab', 'b'].includes(title) && version > 2],
  ['filter[id]=b1', ({ id }) => id === 'b1'],
  ['', () => true],
];
const someTypes = ['BookUpdated', 'BookDeleted'];

const ids = Array.from({ length: 12 }, (_, n) => `b${n}`);
const anyFieldsOf = (random: Seeded) => ({
  ...(nextRandom(random) < 0.7 ? { title: pickFrom(random, ['a', 'ab', 'b', 'c']) } : {}),
  ...(nextRandom(random) < 0.7 ? { shelf: pickFrom(random, [0, 1, 2, 3, null]) } : {}),
  ...(nextRandom(random) < 0.5 ? { lent: pickFrom(random, [true, false, null]) } : {}),
});

/** Sends random commands. Some of them are refused. */
const sendCommands = (url: string, random: Seeded, prefix: string, count: number) =>
  forAll(Array.from({ length: count }), 3, async () => {
    const id = `${prefix}${pickFrom(random, ids)}`;
    const kind = nextRandom(random);
    const { shelf, lent, title = 'c' } = anyFieldsOf(random);
    const whole = { id, title, notes: 'n', ...(shelf == null ? {} : { shelf }), ...(lent == null ? {} : { lent }) };
    if (kind < 0.35) return call(url, 'POST', '/api/book', { body: whole });
    if (kind < 0.93) return call(url, 'PUT', `/api/book/${id}`, { body: { notes: 'm', ...anyFieldsOf(random) } });
    return call(url, 'DELETE', `/api/book/${id}`);
  });

const keyOf = ({ data }: Message) => `${data.subject} ${data.version}`;
const keysOf = (reader: Pick<FeedReader, 'messages'>) => eventsOf(reader).map(keyOf);

/** Returns what each event of a book did. `null` removes a field. */
const stepsOf = (events: readonly StoredEvent[]): Step[] => {
  const things = new Map<string, Known>();
  const sorted = events.filter(({ entity }) => entity === 'book').sort((a, b) => a.version - b.version);
  return sorted.map(({ data, entityId: id, type, version }) => {
    const before = things.get(id);
    const given = Object.entries({ ...before, ...(data as object), id, version });
    const after = Object.fromEntries(given.filter(([, value]) => value !== null)) as Known;
    if (type === 'BookDeleted') things.delete(id);
    else things.set(id, after);
    return { key: `${id} ${version}`, type, before, after: things.get(id) };
  });
};

/** The events that do not come behind all lower versions of their stream. */
const findDisorder = (keys: readonly string[]): string[] => {
  const last = new Map<string, number>();
  return keys.filter((key) => {
    const [id = '', version] = key.split(' ');
    const former = last.get(id) ?? 0;
    last.set(id, Number(version));
    return Number(version) <= former;
  });
};

describe('The states around the events of the feed', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  const open: InProcess[] = [];
  const readers: FeedReader[] = [];
  const run = async (aggregators: number, environment: Record<string, string> = {}) => {
    const system = await runInProcess([book, account], {
      aggregators,
      database,
      environment: { REPLICA_DEADLINE_MS: '5000', LIVE_CATCHUPS: '100', LIVE_CLIENT_MAX: '1000', ...environment },
    });
    open.push(system);
    return system;
  };
  const read = async (url: string, query: string) => {
    const reader = await readFeed(`${url}/api/book/events?${query}`);
    expect(reader.status, query).to.equal(200);
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

  for (const [aggregators, seed] of [
    [0, 1],
    [2, 2],
  ] as const)
    it(`choose the same events by each way to read, with ${aggregators} aggregators`, async () => {
      const { url } = await run(aggregators, { LIVE_RING_EVENTS: '20' });
      const random = openSeeded(seed);
      const asked = filters.flatMap(([query, isMet]) => [
        { query, isMet, types: undefined as string[] | undefined, withState: false },
        { query: `${query}&types=${someTypes}&state=true`, isMet, types: someTypes, withState: true },
        { query: `${query}&state=true`, isMet, types: undefined, withState: true },
      ]);
      type Reading = { asked: (typeof asked)[number]; reader: FeedReader; from: string | undefined; way: string };
      const readings: Reading[] = [];
      const readAll = async (way: string, base: string, parameter: string, from: string | undefined) => {
        for (const one of asked) {
          const reader = await read(base, `${parameter}&${one.query}`.replaceAll('&&', '&'));
          readings.push({ asked: one, reader, from, way });
        }
      };
      const all = await read(url, '');
      await readAll('live', url, '', undefined);
      await sendCommands(url, random, '', 150);
      await using shell = openShell(database);
      const stored = async () => stepsOf(await shell.events.find().toArray());
      const hasAll = async () => keysOf(all).length === (await stored()).length;
      await until('all events came', hasAll);
      const before = eventsOf(all);
      expect(before.length, 'the first ones are no longer in the ring').to.be.above(55);
      // another gateway, which knows no state yet
      const other = await run(0);
      await readAll('late', other.url, '', keyOf(before.at(-1) as Message));
      await readAll('start', url, 'from=start', undefined);
      for (const at of [3, 30])
        await readAll(`after ${at}`, url, `after=${before[at]?.id}`, keyOf(before[at] as Message));
      await sendCommands(url, random, '', 60);
      await readAll('late start', url, 'from=start', undefined);
      await sendCommands(url, random, 'x', 40);
      await until('all events came', hasAll);
      const steps = new Map((await stored()).map((step) => [step.key, step]));
      const order = keysOf(all);
      expect(order).to.have.members([...steps.keys()]);
      const wantedOf = ({ asked: { isMet, types }, from }: Reading) =>
        order.slice(from === undefined ? 0 : order.indexOf(from) + 1).filter((key) => {
          const { after, before: former, type } = steps.get(key) as Step;
          const isChosen = (after && isMet(after)) || (former && isMet(former));
          return isChosen && (types === undefined || types.includes(type));
        });
      const states = new Map(
        await forAll(order, 8, async (key) => {
          const [id, version] = key.split(' ');
          const { body, status } = await call(url, 'GET', `/api/book/${id}?version=${version}`);
          expect([200, 410], key).to.include(status);
          return [key, status === 200 ? body : null] as const;
        }),
      );
      for (const reading of readings) {
        const { asked: one, reader, way } = reading;
        const name = `${way} ${one.query}`;
        const wanted = wantedOf(reading);
        await until(`${name} has ${wanted.length} events`, () => new Set(keysOf(reader)).size >= wanted.length).catch(
          () => undefined, // the comparison says more
        );
        const keys = keysOf(reader);
        const distinct = way.includes('start') ? [...new Set(keys)] : keys;
        expect(distinct, name).to.have.members(wanted);
        expect(findDisorder(distinct), name).to.deep.equal([]);
        for (const message of eventsOf(reader)) {
          expect(Object.hasOwn(message.data, 'state'), name).to.equal(one.withState);
          if (one.withState)
            expect(message.data.state, `${name} ${keyOf(message)}`).to.deep.equal(states.get(keyOf(message)));
        }
      }
      const sizes = filters
        .map(([query]) => readings.filter(({ asked: one }) => one.query === query))
        .map(([one]) => (one ? wantedOf(one).length : 0));
      expect(Math.min(...sizes), 'each filter chooses some events').to.be.above(0);
      expect(
        sizes.slice(0, -1).every((size) => size < order.length),
        'and leaves some out',
      ).to.equal(true);
      expect([...states.values()]).to.include(null);
    });

  it('are null where an event cannot be understood, and such events are not left out', async () => {
    const { url } = await run(0, { LIVE_RING_EVENTS: '20' });
    const [wholeQuery, query] = ['state=true', 'filter[shelf]=99&state=true'];
    const live = [await read(url, wholeQuery), await read(url, query)];
    const fields = { title: 'a', notes: 'n', shelf: 1 };
    for (const id of ['odd', 'good']) await call(url, 'POST', '/api/book', { body: { id, ...fields } });
    await using shell = openShell(database);
    const insert = (entityId: string, version: number, type: string, data: object) =>
      shell.events.insertOne({
        ...{ _id: `${entityId}:${version}`, entity: 'book', entityId, version, type, data, at: new Date() },
        ...{ partition: partitionOf('book', entityId, 32), meta: { requestId: 'by hand' } },
      } as StoredEvent);
    await insert('odd', 2, 'BookPromoted', {});
    await insert('odd', 3, 'BookUpdated', { shelf: 2 });
    await insert('hole', 2, 'BookUpdated', { shelf: 2 });
    await insert('lacks', 1, 'BookCreated', { title: 'a' });
    await call(url, 'PUT', '/api/book/good', { body: { shelf: 2 } });
    const positionAt = async (count: number, reader: FeedReader) => {
      await until('they came', () => eventsOf(reader).length === count);
      return eventsOf(reader)[0]?.id;
    };
    const first = await positionAt(7, live[0] as FeedReader);
    for (let n = 0; n < 30; n += 1) await call(url, 'PUT', '/api/book/good', { body: { notes: `${n}` } });
    const later = [wholeQuery, query].flatMap((one) => [`from=start&${one}`, `after=${first}&${one}`]);
    const others = await Promise.all(later.map((one) => read(url, one)));
    await call(url, 'PUT', '/api/book/good', { body: { notes: 'last' } });
    const statesOf = (reader: FeedReader) =>
      new Map(eventsOf(reader).map((message) => [keyOf(message), message.data.state]));
    const odd = ['odd 2', 'odd 3', 'hole 2', 'lacks 1'];
    for (const [index, reader] of [...live, ...others].entries()) {
      const isFiltered = [1, 4, 5].includes(index);
      const isComplete = () =>
        odd.every((key) => statesOf(reader).has(key)) && (isFiltered || statesOf(reader).has('good 33'));
      await until(`reader ${index} has them`, isComplete);
      const states = statesOf(reader);
      expect(
        odd.map((key) => states.get(key)),
        `reader ${index}`,
      ).to.deep.equal([null, null, null, null]);
      if (isFiltered) expect([...states.keys()], `reader ${index}`).to.have.members(odd);
      else
        expect(states.get('good 33'), `reader ${index}`).to.deep.equal({
          id: 'good',
          ...fields,
          shelf: 2,
          notes: 'last',
        });
    }
  });

  it('are what clients see of them', async () => {
    const { url } = await run(0);
    const address = `${url}/api/account/events`;
    readers.push(
      await readFeed(`${address}?state=true&filter[name]=one`),
      await readFeed(`${url}/api/events?state=true`),
    );
    const shown: unknown[] = [];
    const note = async (method: string, path: string, body?: object) => {
      await call(url, method, path, { body });
      shown.push((await call(url, 'GET', '/api/account/a')).body);
    };
    await note('POST', '/api/account', { id: 'a', name: 'one', secret: 's' });
    await note('PUT', '/api/account/a', { secret: null });
    await note('PUT', '/api/account/a', { name: 'two' });
    await call(url, 'DELETE', '/api/account/a');
    readers.push(await readFeed(`${address}?state=true&from=start`));
    const [filtered, ...whole] = readers as [FeedReader, ...FeedReader[]];
    // where from=start meets new events, one may come twice
    const onceOf = (reader: FeedReader) =>
      eventsOf(reader).filter(({ data }, at, all) => all.findIndex((one) => one.data.version === data.version) === at);
    await until('all came', () => [3, 4, 4].every((count, at) => onceOf(readers[at] as FeedReader).length === count));
    const statesOf = (reader: FeedReader) => onceOf(reader).map(({ data }) => data.state);
    expect(shown[0]).to.deep.equal({ id: 'a', name: 'one', hasSecret: true });
    expect(statesOf(filtered)).to.deep.equal(shown);
    for (const reader of whole) expect(statesOf(reader)).to.deep.equal([...shown, null]);
    for (const message of readers.flatMap(eventsOf)) expect(message.data.data).to.equal(undefined);
  });

  it('need the fields of one entity, and those that can be filtered by', async () => {
    const { url } = await run(0);
    for (const [path, part] of [
      ['/api/events?filter[shelf]=1', 'one entity'],
      ['/api/book/events?filter[notes]=x', 'notes'],
      ['/api/book/events?filter[shelf]=x', 'shelf'],
      ['/api/book/events?state=yes', 'true, false or full'],
      ['/api/account/events?filter[secret]=s', 'secret'],
    ] as const) {
      const answer = await call(url, 'GET', path, { signal: AbortSignal.timeout(5_000) });
      expect([answer.status, answer.body.errors.length], path).to.deep.equal([400, 1]);
      expect(answer.text, path).to.contain(part);
    }
  });
});
