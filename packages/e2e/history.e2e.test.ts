import { entities as shipped } from '@muster/entities';
import { defineEntity, defineRecord, deleted, type Entity, isId, optional } from '@muster/model';
import { partitionOf } from '@muster/placement';
import {
  applyMergePatch,
  call,
  eventually,
  forAll,
  killForGood,
  openShell,
  openTestSystem,
  type Reply,
  readUserLog,
  storedNote,
  type TestSystem,
} from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { type InProcess, runInProcess } from './run-in-process.ts';
import { ada } from './write-users.ts';

const note = defineRecord({
  ...{ name: 'note', title: 'Note', collection: 'Notes' },
  fields: { text: Joi.string(), stars: Joi.number().integer(), tags: optional(Joi.array().items(Joi.string())) },
});

/** An entity with a view that hides a field. */
const safe = defineRecord({
  ...{ name: 'safe', title: 'Safe', collection: 'Safes' },
  fields: { owner: Joi.string(), pin: Joi.string() },
  present: ({ owner }) => ({ holder: owner }),
});

/** An entity with own events, one of which deletes. */
const tally = defineEntity({
  ...{ name: 'tally', collection: 'Tallies', state: { count: Joi.number(), endedBy: optional(Joi.string()) } },
  events: {
    Begun: { creates: true },
    Raised: { fields: { by: Joi.number() } },
    Ended: { fields: { by: Joi.string() } },
  },
  evolve: {
    Begun: () => ({ count: 0 }),
    Raised: (state, { data }) => ({ count: state.count + data.by }),
    Ended: () => deleted,
  },
  commands: {
    begin: { creates: true, decide: () => ({ type: 'Begun', data: {} }) },
    raise: { input: { by: Joi.number() }, decide: (input) => ({ type: 'Raised', data: input }) },
    end: { input: { by: Joi.string() }, decide: (input) => ({ type: 'Ended', data: input }) },
  },
});

const entities: readonly Entity[] = [note, safe, tally];
const problemOf = ({ status, body }: Reply) => [status, body.type.split(/[:/]/).at(-1)];

// everything must hold with every aggregator down, too: it comes from the log
const environment = { SNAPSHOT_AFTER_MS: '100', PAST_EVENTS_MAX: '6000' };
for (const aggregators of [2, 0]) {
  describe(`The past, with ${aggregators} aggregators,`, function () {
    this.timeout(120_000);
    let system: InProcess;
    const ask = (method: string, path: string, body?: unknown, headers = {}) =>
      call(system.url, method, path, { body, headers });
    const get = (path: string, headers = {}) => ask('GET', path, undefined, headers);
    before(async () => {
      system = await runInProcess(entities, { aggregators, environment });
    });
    after(() => system?.[Symbol.asyncDispose]());

    /** Creates a note and updates it, up to a version. Returns what clients saw at each version, from 1 on. */
    const writeNote = async (id: string, versions: number): Promise<unknown[]> => {
      const shown = [(await ask('POST', '/api/note', { id, text: 'one', stars: 1 })).body];
      for (let version = 2; version <= versions; version += 1)
        shown.push((await ask('PUT', `/api/note/${id}`, { stars: version })).body);
      return shown;
    };

    it('shows each event of a thing, newest first, with what it changed', async () => {
      const created = await ask('POST', '/api/note', { id: 'h1', text: 'one', stars: 1, tags: ['x'] });
      await ask('PUT', '/api/note/h1', { text: 'two' }, { 'x-request-id': 'second' });
      await ask('DELETE', '/api/note/h1');
      const { status, headers, body } = await get('/api/note/h1/history');
      expect([status, headers.get('etag'), headers.get('link')]).to.deep.equal([200, '"3"', null]);
      expect(headers.get('muster-source')).to.equal('database');
      const times = body.map(({ at }: { at: string }) => at);
      expect(times).to.deep.equal([...times].sort().reverse());
      expect(body.map(({ at, ...event }: { at: string }) => event)).to.deep.equal([
        { version: 3, type: 'NoteDeleted', requestId: body[0].requestId, data: {}, changes: null },
        { version: 2, type: 'NoteUpdated', requestId: 'second', data: { text: 'two' }, changes: { text: 'two' } },
        {
          ...{ version: 1, type: 'NoteCreated', requestId: created.headers.get('x-request-id') },
          data: { text: 'one', stars: 1, tags: ['x'] },
          changes: { id: 'h1', text: 'one', stars: 1, tags: ['x'] },
        },
      ]);
      const document = (await get('/api/note/h1/history?page[size]=1', { accept: 'application/vnd.api+json' })).body;
      expect([document.data[0].id, document.data[0].attributes.eventType]).to.deep.equal(['h1:3', 'NoteDeleted']);
      expect(document.links.next).to.contain('/api/note/h1/history?');
      expect(
        (await get('/api/note/h1/history', { 'if-none-match': '"3"', 'cache-control': 'max-age=0' })).status,
      ).to.equal(304);
    });

    it('has pages, which lead to each event once, in both directions', async () => {
      const shown = await writeNote('h2', 23);
      const walk = async (first: string, relation: string): Promise<{ version: number; changes: unknown }[][]> => {
        const pages = [];
        for (let next: string | undefined = first; next; ) {
          const page: Reply = await get(next);
          expect(page.status, page.text).to.equal(200);
          pages.push(page.body);
          next = new RegExp(`<([^>]+)>; rel="${relation}"`).exec(page.headers.get('link') ?? '')?.[1];
        }
        return pages;
      };
      const pages = await walk('/api/note/h2/history?page[size]=5', 'next');
      expect(pages.map(({ length }) => length)).to.deep.equal([5, 5, 5, 5, 3]);
      const events = pages.flat();
      expect(events.map(({ version }) => version)).to.deep.equal(shown.map((_, index) => 23 - index));
      let seen: unknown = null;
      for (const { version, changes } of events.toReversed()) {
        seen = applyMergePatch(seen, changes);
        expect(seen).to.deep.equal(shown[version - 1]);
      }
      const back = await walk('/api/note/h2/history?page[size]=5&page[before]=4', 'prev');
      expect(back.toReversed().flat()).to.deep.equal(events);
      const bare = await walk('/api/note/h2/history?page[size]=10&changes=false', 'next');
      expect(bare.flat().map((event) => [event.version, 'changes' in event])).to.deep.equal(
        events.map(({ version }) => [version, false]),
      );
      expect((await get('/api/note/h2/history?page[before]=1')).body).to.deep.equal([]);
      expect((await get('/api/note/h2/history?page[before]=1000')).body).to.have.length(20);
    });

    it('is refused for what never was, and for parameters that are not known', async () => {
      expect(problemOf(await get('/api/note/never/history'))).to.deep.equal([404, 'not-found']);
      expect(problemOf(await get('/api/note/never?version=1'))).to.deep.equal([404, 'not-found']);
      expect(problemOf(await get('/api/note/never?at=2020-01-01'))).to.deep.equal([404, 'not-found']);
      expect(problemOf(await get('/api/note/never:diff?from=1&to=2'))).to.deep.equal([404, 'not-found']);
      await writeNote('h3', 2);
      const bad: [path: string, pointer: string][] = [
        ['/api/note/h3?group=1', '/group'],
        ['/api/note/h3?version=0', '/version'],
        ['/api/note/h3?version=x', '/version'],
        ['/api/note/h3?version=', '/version'],
        ['/api/note/h3?version=1&version=2', '/version'],
        ['/api/note/h3?version=1&at=2026-01-01', '/at'],
        ['/api/note/h3?at=yesterday', '/at'],
        ['/api/note/h3?at=2026-13-01', '/at'],
        ['/api/note/h3?at=2026-01-01T10:00:00', '/at'],
        ['/api/note/h3?at[$gt]=1', '/at[$gt]'],
        ['/api/note/h3?at=2999-01-01', '/at'],
        ['/api/note/count?group=1', '/group'],
        ['/api/note/count?at=2999-01-01', '/at'],
        ['/api/note/count?at=', '/at'],
        ['/api/note?at=2020-01-01&offset=1', '/offset'],
        ['/api/note?at=2020-01-01&page[size]=101', '/page[size]'],
        ['/api/note?at=2020-01-01&page[after]=a%20b', '/page[after]'],
        ['/api/note/h3/history?page[size]=0', '/page[size]'],
        ['/api/note/h3/history?page[size]=101', '/page[size]'],
        ['/api/note/h3/history?page[before]=0', '/page[before]'],
        ['/api/note/h3/history?page[after]=3', '/page[after]'],
        ['/api/note/h3/history?changes=1', '/changes'],
        ['/api/note/a%20b/history', '/id'],
        ['/api/note/h3:diff?from=1', '/to'],
        ['/api/note/h3:diff?from=1&to=x', '/to'],
        ['/api/note/h3:diff?from=1&to=2&x=1', '/x'],
        ['/api/note/a%20b:diff?from=1&to=2', '/id'],
      ];
      for (const [path, pointer] of bad) {
        const reply = await get(path);
        expect(problemOf(reply), path).to.deep.equal([400, 'invalid-input']);
        expect(
          reply.body.errors.map((error: { pointer: string }) => error.pointer),
          `${path} ${reply.text}`,
        ).to.include(pointer);
      }
      expect((await get('/api/note/count?group=1')).body.errors[0].detail).to.equal(
        'the parameter "group" is not known; the only known one is at',
      );
      const minimum = await get('/api/note/h3?version=1', { 'muster-min-version': '1' });
      expect(minimum.status).to.equal(400);
      for (const method of ['POST', 'PUT', 'DELETE'])
        expect((await ask(method, '/api/note/h3/history', {})).status).to.equal(405);
    });

    it('shows a thing at a version and at a time', async () => {
      const shown = await writeNote('h4', 4);
      await ask('DELETE', '/api/note/h4');
      const events: { version: number; at: string }[] = (await get('/api/note/h4/history')).body;
      for (const { version, at } of events.filter(({ version }) => version < 5)) {
        const past = await get(`/api/note/h4?version=${version}`);
        expect([past.status, past.body]).to.deep.equal([200, shown[version - 1]]);
        expect([past.headers.get('etag'), past.headers.get('muster-as-of')]).to.deep.equal([`"${version}"`, at]);
        const newest = events.find((event) => event.at === at); // several events may have one time
        const then = await get(`/api/note/h4?at=${at}`);
        if (newest?.version === 5) continue;
        expect([then.body, then.headers.get('muster-as-of')]).to.deep.equal([shown[(newest?.version ?? 0) - 1], at]);
      }
      for (const path of ['version=5', `at=${events[0]?.at}`]) {
        const gone = await get(`/api/note/h4?${path}`);
        expect([...problemOf(gone), gone.headers.get('etag')]).to.deep.equal([410, 'deleted', '"5"']);
      }
      const beyond = await get('/api/note/h4?version=6');
      expect([...problemOf(beyond), beyond.body.version]).to.deep.equal([412, 'no-such-version', 5]);
      const before = await get('/api/note/h4?at=2020-01-01');
      expect([...problemOf(before), before.body.createdAt]).to.deep.equal([404, 'not-found', events[4]?.at]);
      const fresh = { 'if-none-match': '"2"', 'cache-control': 'max-age=0' };
      expect((await get('/api/note/h4?version=2', fresh)).status).to.equal(304);
    });

    it('has a difference between two versions, in both directions', async () => {
      await ask('POST', '/api/note', { id: 'h5', text: 'one', stars: 1 });
      await ask('PUT', '/api/note/h5', { stars: 2 });
      await ask('PUT', '/api/note/h5', { text: 'two', tags: ['x'] });
      const forth = await get('/api/note/h5:diff?from=1&to=3');
      expect([forth.status, forth.body]).to.deep.equal([200, { text: 'two', stars: 2, tags: ['x'] }]);
      expect(forth.headers.get('content-type')).to.match(/^application\/merge-patch\+json/);
      expect(forth.headers.get('etag')).to.equal('"1"');
      const back = await get('/api/note/h5:diff?from=3&to=1');
      expect([back.body, back.headers.get('etag')]).to.deep.equal([{ text: 'one', stars: 1, tags: null }, '"3"']);
      expect((await get('/api/note/h5:diff?from=2&to=2')).body).to.deep.equal({});
      // sent back, it undoes
      const asPatch = { 'content-type': 'application/merge-patch+json', 'if-match': back.headers.get('etag') };
      const undone = await ask('PATCH', '/api/note/h5', back.body, asPatch);
      expect(undone.body).to.deep.equal((await get('/api/note/h5?version=1')).body);
      expect(problemOf(await get('/api/note/h5:diff?from=1&to=9'))).to.deep.equal([412, 'no-such-version']);
      await ask('DELETE', '/api/note/h5');
      expect(problemOf(await get('/api/note/h5:diff?from=1&to=5'))).to.deep.equal([410, 'deleted']);
    });

    it('never shows what an entity hides', async () => {
      await ask('POST', '/api/safe', { id: 's1', owner: 'Ada', pin: '1234' });
      await ask('PUT', '/api/safe/s1', { pin: '9876' });
      await ask('PUT', '/api/safe/s1', { owner: 'Bob' });
      const history = await get('/api/safe/s1/history');
      expect(history.body.map(({ changes }: { changes: unknown }) => changes)).to.deep.equal([
        { holder: 'Bob' },
        {},
        { id: 's1', holder: 'Ada' },
      ]);
      const past = [
        await get('/api/safe/s1?version=1'),
        await get('/api/safe/s1:diff?from=1&to=3'),
        await get('/api/safe/s1/history?changes=false'),
      ];
      expect(past[0]?.body).to.deep.equal({ id: 's1', holder: 'Ada' });
      for (const { text } of [history, ...past]) expect(text).not.to.match(/1234|9876|pin/);
    });

    it('knows the own events of an entity', async () => {
      await ask('POST', '/api/tally', { id: 't1' });
      await ask('POST', '/api/tally/t1:raise', { by: 3 });
      await ask('POST', '/api/tally/t1:end', { by: 'Ada' });
      const { body } = await get('/api/tally/t1/history');
      expect(body.map(({ type, data, changes }: Record<string, unknown>) => [type, data, changes])).to.deep.equal([
        ['Ended', { by: 'Ada' }, null],
        ['Raised', { by: 3 }, { count: 3 }],
        ['Begun', {}, { id: 't1', count: 0 }],
      ]);
      expect((await get('/api/tally/t1?version=2')).body).to.deep.equal({ id: 't1', count: 3 });
      expect((await get('/api/tally/t1?version=3')).status).to.equal(410);
    });

    it('counts and lists the things of a time, as they were', async () => {
      const ids = Array.from({ length: 12 }, (_, index) => `many-${index}`);
      for (const id of ids) await ask('POST', '/api/tally', { id });
      const timeOf = async (id: string) => (await get(`/api/tally/${id}/history`)).body[0].at as string;
      const then = await later(await timeOf('many-11'));
      for (const id of ids) await ask('POST', `/api/tally/${id}:raise`, { by: 1 });
      await ask('POST', '/api/tally/many-3:end', { by: 'Ada' });
      await ask('POST', '/api/tally', { id: 'too-late' });
      const now = await later(await timeOf('too-late'));
      const counted = await get(`/api/tally/count?at=${then}`);
      expect([counted.status, counted.body]).to.deep.equal([200, { count: 12 }]);
      expect([counted.headers.get('muster-as-of'), counted.headers.get('muster-source')]).to.deep.equal([
        ...[then, 'database'],
      ]);
      expect((await get(`/api/tally/count?at=${now}`)).body).to.deep.equal({ count: 12 });
      expect((await get('/api/tally/count?at=2020-01-01')).body).to.deep.equal({ count: 0 });
      const walked: { id: string; count: number }[] = [];
      for (let next: string | undefined = `/api/tally?at=${then}&page[size]=5`; next; ) {
        const page: Reply = await get(next);
        expect([page.status, page.headers.get('muster-as-of')], page.text).to.deep.equal([200, then]);
        expect(page.body).to.have.length(walked.length < 10 ? 5 : 2);
        walked.push(...page.body);
        next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
      }
      const order = (id: string) => [partitionOf('tally', id, 32), id] as const;
      const inOrder = ids.toSorted((a, b) => order(a)[0] - order(b)[0] || (a < b ? -1 : 1));
      expect(walked).to.deep.equal(inOrder.map((id) => ({ id, count: 0 })));
      const later12 = (await get(`/api/tally?at=${now}`)).body;
      expect(later12.map(({ id }: { id: string }) => id)).to.have.members([
        ...ids.filter((id) => id !== 'many-3'),
        'too-late',
      ]);
      expect(later12.find(({ id }: { id: string }) => id === 'many-1')).to.deep.equal({ id: 'many-1', count: 1 });
    });

    /** Waits until the database's clock is past a time, and returns a time between. */
    const later = async (time: string): Promise<string> => {
      const after = new Date(new Date(time).getTime() + 2);
      await eventually(
        () => get(`/api/tally/count?at=${after.toISOString()}`),
        ({ status }) => status === 200,
      );
      return new Date(after.getTime() - 1).toISOString();
    };

    it('shows a parked stream up to the event that cannot be understood', async () => {
      await using shell = openShell(system);
      const about = { entityId: 'parked', partition: partitionOf('note', 'parked', 32) };
      const data = { text: 'one', stars: 1 };
      await shell.events.insertMany([
        storedNote({ type: 'NoteCreated', version: 1, data }, about),
        storedNote({ type: 'NoteShredded', version: 2 }, about),
        storedNote({ type: 'NoteUpdated', version: 3, data: { stars: 3 } }, about),
      ]);
      const { headers, body } = await get('/api/note/parked/history');
      expect(headers.get('muster-parked')).to.equal('true');
      expect(body.map((event: object) => ['changes' in event, 'problem' in event])).to.deep.equal([
        ...[
          [false, true],
          [false, true],
          [true, false],
        ],
      ]);
      expect((await get('/api/note/parked?version=1')).body).to.deep.equal({ id: 'parked', ...data });
      const beyond = await get('/api/note/parked?version=3');
      expect([...problemOf(beyond), beyond.headers.get('muster-parked')]).to.deep.equal([
        ...[412, 'no-such-version', 'true'],
      ]);
      const now = await get('/api/note/parked?at=2026-01-02');
      expect([now.status, now.headers.get('muster-parked'), now.headers.get('etag')]).to.deep.equal([
        200,
        'true',
        '"1"',
      ]);
    });

    // an aggregator may save the thing halfway: then its record is a shorter way
    const itWithoutRecord = aggregators === 0 ? it : undefined;
    itWithoutRecord?.(
      'of a long stream is refused with what to do, and its events are shown without their changes',
      async () => {
        await using shell = openShell(system);
        const partition = partitionOf('note', 'long', 32);
        const most = 6_000;
        for (let from = 1; from < most + 10; from += 2_000)
          await shell.events.insertMany(
            Array.from({ length: Math.min(2_000, most + 10 - from) }, (_, index) =>
              storedNote(
                {
                  ...{ type: from + index === 1 ? 'NoteCreated' : 'NoteUpdated', version: from + index },
                  ...{ data: { text: 'long', stars: from + index }, at: new Date('2026-01-01') },
                },
                { entityId: 'long', partition, _id: `long-${from + index}` },
              ),
            ),
            { ordered: false },
          );
        const newest = await get('/api/note/long/history?page[size]=5');
        expect(problemOf(newest)).to.deep.equal([400, 'out-of-reach']);
        expect(newest.body.detail).to.contain('changes=false');
        const bare = await get('/api/note/long/history?page[size]=5&changes=false');
        expect(bare.body.map(({ version }: { version: number }) => version)).to.deep.equal([
          6_009, 6_008, 6_007, 6_006, 6_005,
        ]);
        expect((await get('/api/note/long?version=5999')).body).to.include({ stars: 5_999 });
        expect((await get('/api/note/long/history?page[size]=5&page[before]=6006')).body[0]).to.deep.include({
          ...{ version: 6_005, changes: { stars: 6_005 } },
        });
        expect(problemOf(await get('/api/note/long?version=6009'))).to.deep.equal([400, 'out-of-reach']);
      },
    );

    itWithoutRecord?.(
      'does not take the places of other reads: few run at once, few wait, others get 503 at once',
      async () => {
        await writeNote('calm', 1);
        const reads = Array.from({ length: 60 }, () => get('/api/note/long?version=5000'));
        const others = [];
        for (let times = 0; times < 20; times += 1) others.push(await get('/api/note/calm'));
        expect(others.map(({ status }) => status)).to.deep.equal(others.map(() => 200));
        const answered = await Promise.all(reads);
        const refused = answered.filter(({ status }) => status === 503);
        expect(answered.filter(({ status }) => status === 200)).to.have.length(60 - refused.length);
        expect(refused).to.have.length.within(1, 59); // at least the first one is answered
        for (const { headers, body } of refused) {
          expect(headers.get('retry-after')).to.equal('1');
          expect(body.detail).to.match(/as many (such reads|long streams) as may .* already/);
        }
        expect((await get('/api/note/long?version=5000')).status).to.equal(200);
      },
    );
  });
}

describe('The past, after all aggregators were killed,', function () {
  this.timeout(120_000);
  let test: TestSystem;
  before(async () => {
    test = await openTestSystem();
  });
  after(() => test?.[Symbol.asyncDispose]());

  const ask = (method: string, path: string, body?: unknown) => call(test.url, method, `/api/user${path}`, { body });
  const count = async (at: string) => (await ask('GET', `/count?at=${at}`)).body.count;

  it('has what the records have, and what was written since', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `u${index}`);
    await forAll(ids, 8, (id) => ask('POST', '', { id, ...ada }));
    await ask('DELETE', '/u0');
    await eventually(
      () => test.shell.db.collection('Users').countDocuments(),
      (saved) => saved === ids.length,
    );
    const { at } = (await ask('GET', '/u0/history')).body[0];
    await killForGood(test, 'aggregator-0', 'aggregator-1', 'aggregator-2');
    const written = [
      await ask('DELETE', '/u1'),
      await ask('PUT', '/u2', { group: 2 }),
      await ask('POST', '', { id: 'new', ...ada }),
    ];
    expect(written.map(({ status }) => status)).to.deep.equal([204, 200, 201]);
    const now = (await ask('GET', '/new/history')).body[0].at;
    const before = new Date(new Date(at).getTime() - 1).toISOString();
    await eventually(
      () => ask('GET', `/count?at=${now}`),
      ({ status }) => status === 200,
    );
    expect([await count(before), await count(at), await count(now)]).to.deep.equal([40, 39, 39]);
    const listed: { id: string; group: number }[] = (await ask('GET', `?at=${now}`)).body;
    expect(listed.map(({ id }) => id)).to.have.members([...ids.slice(2), 'new']);
    expect(listed.find(({ id }) => id === 'u2')?.group).to.equal(2);
    const then: typeof listed = (await ask('GET', `?at=${at}`)).body;
    expect(then.map(({ id }) => id)).to.have.members(ids.slice(1));
    expect(then.find(({ id }) => id === 'u2')?.group).to.equal(ada.group);
    expect((await ask('GET', '/u1?version=1')).body).to.deep.equal({ id: 'u1', ...ada });
    expect((await ask('GET', '/u1?version=2')).status).to.equal(410);
  });
});

describe('The past of the log of release 0.1.0', function () {
  this.timeout(120_000);
  let system: InProcess;
  const get = (path: string) => call(system.url, 'GET', `/api/user/${path}`);
  before(async () => {
    system = await runInProcess(shipped, { aggregators: 0 });
    await using shell = openShell(system);
    await shell.events.insertMany(readUserLog().events);
  });
  after(() => system?.[Symbol.asyncDispose]());

  it('leads through each version to what is read today, also where events are damaged or do not fit', async () => {
    const readable = readUserLog().states.filter(({ id }) => isId(id));
    await forAll(readable, 2, async ({ id }) => {
      const read = await get(id);
      const history = await get(`${id}/history?page[size]=100`);
      expect(history.status, `${id} ${history.text}`).to.equal(200);
      let shown: unknown = null;
      for (const { version, changes, problem } of history.body.toReversed()) {
        if (problem !== undefined) break;
        shown = applyMergePatch(shown, changes);
        if (shown !== null && Object.keys(shown as object).length === 0) shown = null; // it was not created yet
        const past = await get(`${id}?version=${version}`);
        const isShown = past.status === 200 ? withoutNulls(past.body) : null;
        expect([past.status < 500, isShown], `${id} version ${version} ${past.text}`).to.deep.equal([true, shown]);
      }
      expect(read.status === 200 ? withoutNulls(read.body) : null, id).to.deep.equal(shown);
    });
  });
});

// to a merge patch, a member that is null is missing: such as a number that JSON does not have
const withoutNulls = (thing: object) => Object.fromEntries(Object.entries(thing).filter(([, value]) => value !== null));
