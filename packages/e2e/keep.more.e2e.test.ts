import { verify } from '@muster/cli';
import { defineEntity, deleted } from '@muster/model';
import { call, eventually, openShell, openTestDatabase, type Shell } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { type InProcess, runInProcess } from './run-in-process.ts';

const cents = Joi.number();

/** Two states stay in memory for each partition. */
const jar = defineEntity({
  ...{ name: 'jar', collection: 'Jars', keep: 64 },
  state: { cents },
  events: { JarOpened: { creates: true, fields: { cents } }, JarFilled: { fields: { cents } }, JarBroken: {} },
  evolve: {
    JarOpened: (_, { data }) => ({ cents: data.cents }),
    JarFilled: (state, { data }) => ({ cents: state.cents + data.cents }),
    JarBroken: () => deleted,
  },
  commands: {
    open: { creates: true, input: { cents }, decide: (input) => ({ type: 'JarOpened', data: input }) },
    fill: { input: { cents }, decide: (input) => ({ type: 'JarFilled', data: input }) },
    break: { decide: () => ({ type: 'JarBroken', data: {} }) },
  },
  indexes: ['cents'],
});

const jars = 600;
const environment = {
  SNAPSHOT_AFTER_MS: '100',
  CHECKPOINT_EVERY_MS: '500',
  EVICT_AFTER_MS: '100',
  SCAN_OVERLAP_MS: '2000',
};
const idOf = (number: number) => `jar-${String(number).padStart(3, '0')}`;

describe('An entity that keeps few states in memory', function () {
  this.timeout(120_000);

  it('is read, listed, counted and changed as any other, before and after a restart', async () => {
    await using database = await openTestDatabase();
    await using shell = openShell(database);
    {
      await using system = await runInProcess([jar], { aggregators: 2, database, environment });
      await inGroups(jars, (number) =>
        call(system.url, 'POST', '/api/jar', { body: { id: idOf(number), cents: number } }),
      );
      await eventually(
        () => statesKept(shell),
        (kept) => kept <= 2 * 64,
      );
      await expectAll(system, (number) => number);
      // what is not in memory is changed and deleted, too
      await inGroups(jars, (number) =>
        call(system.url, 'POST', `/api/jar/${idOf(number)}:fill`, { body: { cents: 1_000 } }),
      );
      await expectAll(system, (number) => number + 1_000);
      for (let number = 0; number < 10; number += 1) await call(system.url, 'POST', `/api/jar/${idOf(number)}:break`);
      await expectAll(system, (number) => number + 1_000, 10);
      await eventually(
        () => verified(database),
        (code) => code === 0,
      );
    }
    for (const aggregators of [2, 0]) {
      await using system = await runInProcess([jar], { aggregators, database, environment });
      await expectAll(system, (number) => number + 1_000, 10);
      if (aggregators === 0) continue;
      await call(system.url, 'POST', `/api/jar/${idOf(10)}:fill`, { body: { cents: 0 } });
      expect((await call(system.url, 'GET', `/api/jar/${idOf(10)}`)).headers.get('etag')).to.equal('"3"');
      expect((await call(system.url, 'POST', '/api/jar', { body: { id: idOf(11), cents: 1 } })).status).to.equal(409);
      await eventually(
        () => statesKept(shell),
        (kept) => kept <= 2 * 64,
      );
      await eventually(
        () => verified(database),
        (code) => code === 0,
      );
    }
  });
});

describe('A list of an entity that keeps few states in memory', function () {
  this.timeout(60_000);

  it('shows what is not saved yet, and not what its records say of it', async () => {
    const slow = { ...environment, SNAPSHOT_EVERY: '1000000', SNAPSHOT_AFTER_MS: '1500' };
    await using database = await openTestDatabase();
    await using shell = openShell(database);
    await using system = await runInProcess([jar], { aggregators: 2, database, environment: slow });
    await inGroups(20, (number) => call(system.url, 'POST', '/api/jar', { body: { id: idOf(number), cents: number } }));
    await eventually(
      () => shell.db.collection('Jars').countDocuments({}),
      (records) => records === 20,
    );
    const centsIn = async (query: string) =>
      (await listAll(system.url, `/api/jar?${query}`)).map((row) => (row as { cents: number }).cents);
    for (let tries = 1; ; tries += 1) {
      // the first jar moves to the end, the second one is broken, and there is a new one
      await call(system.url, 'POST', `/api/jar/${idOf(2 * tries)}:fill`, { body: { cents: 100 } });
      await call(system.url, 'POST', `/api/jar/${idOf(2 * tries + 1)}:break`);
      await call(system.url, 'POST', '/api/jar', { body: { id: `new-${tries}`, cents: 50 + tries } });
      const [all, pages, some] = [
        await centsIn('sort=cents'),
        await centsIn('sort=cents&page[size]=3'),
        await centsIn(`filter[cents][gte]=50&sort=cents`),
      ];
      const records = await shell.db
        .collection('Jars')
        .find({ cents: { $gte: 50 } })
        .toArray();
      const changed = Array.from({ length: tries }, (_, index) => 2 * (index + 1) + 100);
      const added = Array.from({ length: tries }, (_, index) => 51 + index);
      const left = Array.from({ length: 20 }, (_, number) => number).filter((n) => n < 2 || n > 2 * tries + 1);
      expect(all).to.deep.equal([...left, ...added, ...changed]);
      expect(pages).to.deep.equal(all);
      expect(some).to.deep.equal([...added, ...changed]);
      if (records.length < 2 * tries) return; // the lists were made while records were older
      expect(tries, 'rounds in which everything was saved at once').to.be.below(9);
    }
  });
});

/** Asserts what reads, lists in two orders and COUNT say of all jars, without the first ones that were broken. */
const expectAll = async ({ url }: InProcess, centsOf: (number: number) => number, broken = 0) => {
  const active = Array.from({ length: jars - broken }, (_, index) => ({
    id: idOf(index + broken),
    cents: centsOf(index + broken),
  }));
  expect(await listAll(url, '/api/jar?sort=cents&page[size]=77')).to.deep.equal(active);
  expect(await listAll(url, '/api/jar?sort=-id&page[size]=250')).to.deep.equal([...active].reverse());
  expect((await listAll(url, '/api/jar?sort=createdAt&limit=1000')).length).to.equal(active.length);
  const some = active.slice(3, 6);
  expect(await listAll(url, `/api/jar?filter[cents][in]=${some.map((one) => one.cents)}`)).to.deep.equal(some);
  expect((await call(url, 'GET', '/api/jar/count')).body).to.deep.equal({ count: active.length });
  const total = await call(url, 'GET', '/api/jar?total=true&page[size]=1');
  expect(total.headers.get('muster-total')).to.equal(String(active.length));
  await inGroups(jars, async (number) => {
    const { status, body } = await call(url, 'GET', `/api/jar/${idOf(number)}`);
    if (number < broken) expect(status).to.equal(410);
    else expect(body).to.deep.equal({ id: idOf(number), cents: centsOf(number) });
  });
  expect((await call(url, 'GET', '/api/jar/nobody')).status).to.equal(404);
};

const listAll = async (url: string, path: string): Promise<unknown[]> => {
  const rows: unknown[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { body, headers, status }: Awaited<ReturnType<typeof call>> = await call(url, 'GET', next);
    expect(status, JSON.stringify(body)).to.equal(200);
    rows.push(...(body as unknown[]));
    next = /<([^>]*)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
  }
  return rows;
};

const inGroups = async (count: number, run: (number: number) => Promise<unknown>) => {
  for (let from = 0; from < count; from += 50)
    await Promise.all(Array.from({ length: Math.min(50, count - from) }, (_, index) => run(from + index)));
};

/** The states in the memory of all aggregators. */
const statesKept = async ({ db }: Shell): Promise<number> => {
  const members = await db.collection('Aggregators').find().toArray();
  const counts = members.map(async ({ healthPort }) => {
    const metrics = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    return Number(/^muster_states_kept(?:\{[^}]*\})? (\d+)$/m.exec(metrics)?.[1]);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
};

const verified = (database: { uri: string; database: string }): Promise<number> => {
  const environment = {
    MONGODB_URI: database.uri,
    DATABASE: database.database,
    CLUSTER_SECRET: 'the secret of the tests',
  };
  return verify(environment, { memory: true, entities: [jar] }, (text) => said.push(text));
};
const said: string[] = [];
