import { absent, applyStored, defineRecord, type Entity, keyOfThing, meetsAll, type State } from '@muster/model';
import {
  call,
  eventsOf,
  eventually,
  type FeedReader,
  forAll,
  lastIdOf,
  type Message,
  nextRandom,
  openSeeded,
  openShell,
  openTestDatabase,
  pickFrom,
  readFeed,
  type Seeded,
  storedNote,
  type TestDatabase,
} from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { type InProcess, runInProcess } from './run-in-process.ts';

const book = defineRecord({
  name: 'book',
  title: 'Book',
  collection: 'Books',
  fields: { title: Joi.string(), pages: Joi.number() },
  indexes: ['title', 'pages'],
});

const writeAny = async (url: string, random: Seeded): Promise<void> => {
  const id = `b${Math.floor(nextRandom(random) * 80)}`;
  const pages = Math.floor(nextRandom(random) * 5);
  const dice = nextRandom(random);
  if (dice < 0.4) await call(url, 'POST', '/api/book', { body: { id, title: 'one', pages } });
  else if (dice < 0.7) await call(url, 'PUT', `/api/book/${id}`, { body: { pages } });
  else if (dice < 0.95)
    await call(url, 'PUT', `/api/book/${id}`, { body: { title: pickFrom(random, ['one', 'two']) } });
  else await call(url, 'DELETE', `/api/book/${id}`);
};

const keyOf = ({ data }: Message) => `${data.subject} ${data.version}`;

describe('States and filters of the feed', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  const open: InProcess[] = [];
  const run = async (aggregators: number, environment: Record<string, string> = {}) => {
    const system = await runInProcess([book], {
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

  /** The states of all books before and after each event of the log, folded here. */
  const foldAll = async (entity: Entity) => {
    await using shell = openShell(database);
    const events = await shell.events.find().sort({ entityId: 1, version: 1 }).toArray();
    const states = new Map<string, State>();
    return events.map((event) => {
      const before = states.get(event.entityId) ?? absent;
      const applied = applyStored(entity, before, event);
      const after = applied.kind === 'state' ? applied.state : before;
      states.set(event.entityId, after);
      return { id: event.entityId, version: event.version, before, after };
    });
  };
  const isThick = (id: string, state: State) =>
    state.status === 'active' &&
    meetsAll([{ field: 'pages', operator: 'gte', keys: [3] }], (field) => keyOfThing(id, state, field));

  for (const aggregators of [0, 2])
    it(`are the same live, from the start and after a position, with ${aggregators} aggregators`, async () => {
      const { url } = await run(aggregators, { LIVE_RING_EVENTS: '20' });
      const random = openSeeded(11 + aggregators);
      const write = (count: number) =>
        forAll(
          Array.from({ length: count }, (_, n) => n),
          4,
          () => writeAny(url, random),
        );
      const query = 'filter[pages][gte]=3&state=true';
      using live = await readFeed(`${url}/api/book/events?${query}`);
      await write(150);
      using all = await readFeed(`${url}/api/events?from=start`);
      await eventually(
        async () => eventsOf(all).length,
        (length) => length > 40,
      );
      const middle = lastIdOf(live);
      const atMiddle = eventsOf(live).length;
      await write(150);
      await call(url, 'POST', '/api/book', { body: { id: 'last', title: 'last', pages: 4 } });
      using started = await readFeed(`${url}/api/book/events?${query}&from=start`);
      using resumed = await readFeed(`${url}/api/book/events?${query}`, { 'last-event-id': middle });
      const hasLast = (reader: FeedReader) => eventsOf(reader).some(({ data }) => data.subject === 'last');
      await eventually(
        async () => [live, started, resumed].map(hasLast),
        (has) => has.every(Boolean),
      );
      const folded = await foldAll(book);
      const wanted = folded.filter(({ id, before, after }) => isThick(id, before) || isThick(id, after));
      const wantedKeys = wanted.map(({ id, version }) => `${id} ${version}`);
      expect(wanted.length).to.be.within(20, folded.length - 20);
      const distinct = (messages: readonly Message[]) => [
        ...new Map(messages.map((one) => [keyOf(one), one])).values(),
      ];
      expect(eventsOf(live).map(keyOf)).to.have.members(wantedKeys);
      expect(distinct(eventsOf(started)).map(keyOf)).to.have.members(wantedKeys);
      expect(eventsOf(resumed).map(keyOf)).to.deep.equal(eventsOf(live).slice(atMiddle).map(keyOf));
      const states = new Map(folded.map(({ id, version, after }) => [`${id} ${version}`, { id, after }]));
      for (const message of [live, started, resumed].flatMap(eventsOf)) {
        const { id, after } = states.get(keyOf(message)) as { id: string; after: State };
        const shown = after.status === 'active' ? { id, ...after.fields } : null;
        expect(message.data.state, keyOf(message)).to.deep.equal(shown);
      }
    });

  it('do not leave out an event that cannot be understood, nor one behind it', async () => {
    const { url } = await run(0);
    using live = await readFeed(`${url}/api/book/events?filter[pages]=7&state=true`);
    await call(url, 'POST', '/api/book', { body: { id: 'a', title: 'one', pages: 1 } });
    await using shell = openShell(database);
    const { partition } = (await shell.events.findOne({ entityId: 'a' })) as { partition: number };
    const odd = storedNote({ type: 'NoteUpdated', version: 2, data: { stars: 1 } }, { entityId: 'a', partition });
    await shell.events.insertOne({ ...odd, entity: 'book', type: 'BookEaten' });
    await eventually(
      async () => eventsOf(live).length,
      (length) => length === 1,
    );
    expect(eventsOf(live)[0]?.data).to.deep.include({ subject: 'a', version: 2, type: 'BookEaten', state: null });
  });

  it('are refused where they cannot be', async () => {
    const { url } = await run(0);
    for (const path of [
      ...['/api/events?filter[pages]=1&types=x', '/api/book/events?filter[x]=1', '/api/book/events?state=maybe'],
      ...['/api/book/events?filter[pages]=many', '/api/book/events?filter[pages][near]=1'],
    ])
      expect((await call(url, 'GET', path)).status, path).to.equal(400);
  });
});
