import { entities } from '@muster/entities';
import { scanRecords } from '@muster/store';
import {
  call,
  eventually,
  forAll,
  killForGood,
  openTestSystem,
  type Reply,
  startAgain,
  type TestSystem,
} from '@muster/testing';
import { expect } from 'chai';
import { untilInMemory } from './until-in-memory.ts';

const user = entities.find(({ name }) => name === 'user') as (typeof entities)[number];
const count = 400;
const partitions = Array.from({ length: 32 }, (_, partition) => partition);
const nameOf = (n: number) => `Name ${String((n * 7_919) % count).padStart(3, '0')}`;

describe('Filtered and sorted lists while aggregators are killed', () => {
  let test: TestSystem;
  before(async () => {
    test = await openTestSystem({ gateways: 2 });
    const numbers = Array.from({ length: count }, (_, n) => n);
    await forAll(numbers, 32, (n) =>
      call(test.url, 'POST', '/api/user', {
        body: { id: `u-${n}`, name: nameOf(n), email: `u${n}@example.com`, group: n % 4 },
      }),
    );
    await untilInMemory(test.url);
  });
  after(() => test[Symbol.asyncDispose]());

  /** Walks by cursors, each page from the next gateway. Returns the names in order, and the sources of the pages. */
  const walk = async (query: string) => {
    const names: string[] = [];
    const sources = new Set<string>();
    let next: string | undefined = `/api/user?${query}`;
    for (let gateway = 0; next !== undefined; gateway = 1 - gateway) {
      const path: string = next;
      const reply: Reply = await eventually(
        () => call(test.urls[gateway] ?? '', 'GET', path),
        ({ status }) => status !== 503,
      );
      expect(reply.status, reply.text).to.equal(200);
      names.push(...reply.body.map(({ name }: { name: string }) => name));
      for (const source of (reply.headers.get('muster-source') ?? '').split(', ')) sources.add(source);
      next = /<([^>]*)>; rel="next"/.exec(reply.headers.get('link') ?? '')?.[1];
    }
    return { names, sources };
  };

  const expected = (group: number) =>
    Array.from({ length: count }, (_, n) => n)
      .filter((n) => n % 4 === group)
      .map(nameOf)
      .sort()
      .reverse();

  it('are the same from memory, from the database, and from both, at each gateway', async () => {
    const saved = async () => {
      let records = 0;
      for await (const _ of scanRecords(test.log, user, partitions)) records += 1;
      return records;
    };
    await eventually(saved, (records) => records === count);
    const query = 'filter[group]=2&sort=-name&page[size]=15';
    expect((await walk(query)).names).to.deep.equal(expected(2));
    const seen = new Set<string>();
    const walkAndCompare = async () => {
      const { names, sources } = await walk(query);
      expect(names).to.deep.equal(expected(2));
      for (const source of sources) seen.add(source);
    };
    await killForGood(test, 'aggregator-1', 'aggregator-2');
    for (let turn = 0; turn < 5; turn += 1) await walkAndCompare();
    await killForGood(test, 'aggregator-0');
    await walkAndCompare();
    expect([...seen]).to.include.members(['aggregator-0', 'database']);
    await startAgain(test, 'aggregator-0', 'aggregator-1', 'aggregator-2');
    await untilInMemory(test.url);
    await walkAndCompare();
  });
});
