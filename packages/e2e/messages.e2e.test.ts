import { systems } from '@muster/entities';
import type { Entity, EventType } from '@muster/model';
import { call, eventually, openShell, openTestDatabase } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { type InProcess, runInProcess } from './run-in-process.ts';

const [message] = systems.messages as [Entity];
const environment = { SNAPSHOT_AFTER_MS: '200', CHECKPOINT_EVERY_MS: '1000' };
const post = (url: string, content: unknown, path = '/api/message') =>
  call(url, 'POST', path, { body: content as object });

const listAll = async (url: string, path: string): Promise<{ id: string; content: object }[]> => {
  const rows: { id: string; content: object }[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { body, headers, status }: Awaited<ReturnType<typeof call>> = await call(url, 'GET', next);
    expect(status, JSON.stringify(body)).to.equal(200);
    rows.push(...body);
    next = /<([^>]*)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
  }
  return rows;
};

describe('Messages', function () {
  this.timeout(120_000);

  let system: InProcess;
  before(async () => {
    system = await runInProcess([message], { aggregators: 2, environment });
  });
  after(() => system[Symbol.asyncDispose]());

  it('are accepted when they are durable, at both addresses, and say where they are', async () => {
    for (const path of ['/api/message', '/dummy']) {
      const sent = { text: 'hello', via: path, nested: { list: [1, null, { a: true }] } };
      const accepted = await post(system.url, sent, path);
      const location = accepted.headers.get('location') ?? '';
      expect([accepted.status, location]).to.deep.equal([202, `/api/message/${accepted.body.id}`]);
      const read = await call(system.url, 'GET', location);
      expect([read.status, read.body]).to.deep.equal([200, accepted.body]);
      expect(read.body.content).to.deep.equal(sent);
      expect(Date.parse(read.body.receivedAt)).to.be.closeTo(Date.now(), 60_000);
    }
  });

  it('come back as they were sent, whatever JSON they are', async () => {
    const contents = fc.sample(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 }), 80);
    let kept = 0;
    for (const sent of contents) {
      const accepted = await post(system.url, sent);
      if (accepted.status === 400) {
        // such as a key with a dot, which means something else to the database
        for (const { code } of accepted.body.errors) expect(code).to.equal('unsafe-key');
        continue;
      }
      kept += 1;
      const read = await call(system.url, 'GET', accepted.headers.get('location') ?? '');
      expect(read.body.content).to.deep.equal(JSON.parse(JSON.stringify(sent)));
    }
    expect(kept).to.be.above(20);
  });

  it('are refused with the place of the fault, and nothing is stored', async () => {
    const before = (await call(system.url, 'GET', '/api/message/count')).body.count;
    for (const path of ['/api/message', '/dummy'])
      for (const [sent, pointer] of [
        [[1], ''],
        ['text', ''],
        [7, ''],
        [{ a: { $where: 1 } }, '/a/$where'],
        [{ 'a.b': 1 }, '/a.b'],
        [JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`), undefined],
      ] as const) {
        const refused = await post(system.url, sent, path);
        expect(refused.status, JSON.stringify(sent)).to.equal(400);
        if (pointer !== undefined) expect(refused.body.errors[0].pointer).to.equal(pointer);
      }
    expect((await post(system.url, { text: 'x'.repeat(70_000) })).status).to.equal(413);
    expect((await call(system.url, 'GET', '/api/message/count')).body.count).to.equal(before);
  });

  it('are listed in the order in which they came, page by page', async () => {
    for (let number = 0; number < 30; number += 1) await post(system.url, { number });
    const numbersOf = (rows: { content: object }[]) =>
      rows.flatMap(({ content }) => ('number' in content ? [content.number] : []));
    const ascending = Array.from({ length: 30 }, (_, number) => number);
    const forward = await listAll(system.url, '/api/message?limit=7');
    expect(numbersOf(forward)).to.deep.equal(ascending);
    expect(numbersOf(await listAll(system.url, '/api/message?sort=-createdAt,-id&page[size]=11'))).to.deep.equal(
      [...ascending].reverse(),
    );
    const { headers } = await call(system.url, 'GET', '/api/message?limit=3');
    const cursor = /page%5Bafter%5D=([^&>]*)/.exec(headers.get('link') ?? '')?.[1];
    const page = await call(system.url, 'GET', `/api/message?page[after]=${cursor}&limit=2`);
    expect(page.body.map(({ id }: { id: string }) => id)).to.deep.equal(forward.slice(3, 5).map(({ id }) => id));
    expect((await call(system.url, 'GET', `/api/message?page[after]=${cursor}&offset=2`)).status).to.equal(400);
  });

  it('of one client are limited, at each address', async () => {
    await using limited = await runInProcess([message], {
      aggregators: 1,
      environment: { ...environment, RATE_LIMIT: '5/60' },
    });
    const statuses: number[] = [];
    for (let at = 0; at < 8; at += 1)
      statuses.push((await post(limited.url, { at }, at % 2 ? '/dummy' : '/api/message')).status);
    expect(statuses).to.deep.equal([202, 202, 202, 202, 202, 429, 429, 429]);
  });
});

describe('A message that a newer program cannot read', function () {
  this.timeout(120_000);

  it('goes to the dead letters, and the others go on', async () => {
    await using database = await openTestDatabase();
    await using shell = openShell(database);
    let [bad, good] = ['', ''];
    {
      await using system = await runInProcess([message], { aggregators: 0, database, environment });
      bad = (await post(system.url, { kind: 'strange' })).body.id;
      good = (await post(system.url, { kind: 'usual' })).body.id;
    }
    const received = message.events.get('MessageReceived') as EventType;
    const upcast = ({ content }: Record<string, unknown>) => {
      if ((content as { kind: string }).kind === 'strange') throw new Error('of no known kind');
      return { content };
    };
    const newer: Entity = { ...message, events: new Map([['MessageReceived', { ...received, upcasts: [upcast] }]]) };
    await using system = await runInProcess([newer], { aggregators: 2, database, environment });
    await eventually(
      () => shell.db.collection('DeadLetters').countDocuments({ 'event.entityId': bad }),
      (letters) => letters === 1,
    );
    expect((await call(system.url, 'GET', `/api/message/${good}`)).body.content).to.deep.equal({ kind: 'usual' });
    expect((await post(system.url, { kind: 'new' })).status).to.equal(202);
    const listed = await eventually(
      () => listAll(system.url, '/api/message'),
      (rows) => rows.length === 2,
    );
    expect(listed.map(({ content }) => content)).to.deep.equal([{ kind: 'usual' }, { kind: 'new' }]);
    const poison = await call(system.url, 'GET', `/api/message/${bad}`);
    expect(poison.headers.get('muster-parked')).to.equal('true');
  });
});
