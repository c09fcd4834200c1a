import { systems } from '@muster/entities';
import type { Entity, EventType } from '@muster/model';
import { call, eventually, openShell, openTestDatabase } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { writeThenRead } from './raw-client.ts';
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

const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);

// keys and numbers as they are written in a JSON text
const anyKey = fc.oneof(
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('', 'id', '_id', 'version', 'toJSON', 'constructor', 'hasOwnProperty', 'length', '0'),
  },
  { weight: 1, arbitrary: fc.constantFrom('$where', 'a.b', '__proto__', '_bsontype', 'a\0b', '\ud800') },
);
const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.integer().map(String),
  fc.constantFrom('-0', '0.0', '1e3', '4294967296', '9007199254740991', '1152921504606847000', '1e300', '5e-324'),
  fc.constantFrom('1e400', '-1e400', '1e-400', '9007199254740993', '12345678901234567890'),
);

/** Any object as a JSON text, so that numbers come as they are written. */
const jsonText = (key: fc.Arbitrary<string>, number: fc.Arbitrary<string>): fc.Arbitrary<string> => {
  const { object } = fc.letrec<{ object: string; any: string }>((tie) => ({
    object: fc
      .uniqueArray(fc.tuple(key, tie('any')), { selector: ([name]) => name, maxLength: 3 })
      .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`),
    any: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('null', 'true', '"2026-01-01T00:00:00.000Z"', '""', '[]', '{}'),
      number,
      fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
      tie('object'),
      fc.array(tie('any'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
    ),
  }));
  return object;
};

const refusals = ['unsafe-key', 'unsafe-text', 'unsafe-number', 'more-faults'];

/** Parses JSON with each number as a text of its digits and its exponent, so that nothing is rounded here. */
const parseExactly = (json: string) =>
  JSON.parse(
    json.replace(/"(?:[^"\\]|\\.)*"|(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?/g, (token, sign, whole, ...rest) => {
      if (whole === undefined) return token; // a text
      const [fraction = '', exponent = '0'] = rest;
      const digits = `${whole}${fraction}`.replace(/^0+/, '');
      const short = digits.replace(/0+$/, '');
      if (short === '') return '"number 0"'; // -0 is the same number
      return `"number ${sign}${short}e${Number(exponent) - fraction.length + digits.length - short.length}"`;
    }),
  );

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

  it('may have 32 levels', async () => {
    for (const path of ['/api/message', '/dummy']) {
      const accepted = await post(system.url, nested(32), path);
      expect(accepted.status, accepted.text).to.equal(202);
      const read = await call(system.url, 'GET', accepted.headers.get('location') ?? '');
      expect(read.body.content).to.deep.equal(nested(32));
      expect((await listAll(system.url, '/api/message')).at(-1)?.content).to.deep.equal(nested(32));
    }
  });

  it('come back as they were sent, or are refused, whatever JSON they are', async () => {
    const safe = fc.sample(jsonText(fc.string({ unit: 'grapheme' }), anyNumber), 60);
    const hostile = fc.sample(jsonText(anyKey, anyNumber), 60);
    const counts = { kept: 0, refused: 0 };
    for (const raw of [...safe, ...hostile]) {
      const accepted = await call(system.url, 'POST', '/dummy', { raw });
      if (accepted.status === 400) {
        counts.refused += 1;
        for (const { code } of accepted.body.errors) expect(refusals, raw).to.include(code);
        continue;
      }
      counts.kept += 1;
      expect(accepted.status, raw).to.equal(202);
      const read = await call(system.url, 'GET', accepted.headers.get('location') ?? '');
      expect(parseExactly(read.text).content, raw).to.deep.equal(parseExactly(raw));
    }
    expect(counts.kept, 'kept').to.be.above(20);
    expect(counts.refused, 'refused').to.be.above(20);
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
        [nested(33), '/a'.repeat(32)],
      ] as const) {
        const refused = await post(system.url, sent, path);
        expect(refused.status, JSON.stringify(sent)).to.equal(400);
        expect(refused.body.errors[0].pointer).to.equal(pointer);
      }
    for (const [raw, pointer, code] of [
      ['{"a":[1,1e400]}', '/a/1', 'unsafe-number'],
      ['{"a":{"id":9007199254740993}}', '/a/id', 'unsafe-number'],
      ['{"a":"\\ud800"}', '/a', 'unsafe-text'],
      ['{"a":1,"b":2,"a":3}', '/a', 'repeated-key'],
    ] as const)
      for (const path of ['/api/message', '/dummy']) {
        const refused = await call(system.url, 'POST', path, { raw });
        expect([refused.status, refused.body.errors[0].pointer, refused.body.errors[0].code], raw).to.deep.equal([
          ...[400, pointer, code],
        ]);
      }
    expect((await post(system.url, { text: 'x'.repeat(70_000) })).status).to.equal(413);
    expect((await call(system.url, 'GET', '/api/message/count')).body.count).to.equal(before);
  });

  it('are objects: an empty body stores nothing', async () => {
    const before = (await call(system.url, 'GET', '/api/message/count')).body.count;
    for (const path of ['/api/message', '/dummy'])
      for (const [raw, code] of [
        ['', 'not-an-object'],
        ['\uFEFF', 'unreadable-body'],
      ]) {
        const { status, body } = await call(system.url, 'POST', path, { raw });
        expect([status, body.errors?.[0].pointer, body.errors?.[0].code], path).to.deep.equal([400, '', code]);
      }
    const head = 'POST /dummy HTTP/1.1\r\nHost: muster\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n';
    const none = await writeThenRead(system.url, [head]);
    expect(none.status).to.equal(415);
    expect(none.body).to.contain('The request has no body; send a JSON object with Content-Type: application/json');
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
