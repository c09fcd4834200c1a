import { call, eventually, killForGood, openTestSystem, type TestSystem } from '@muster/testing';
import { expect } from 'chai';

describe('Records', function () {
  this.timeout(180_000);

  let test: TestSystem;
  before(async () => {
    test = await openTestSystem({ gateways: 2, environment: { ENTITIES: 'records' } });
  });
  after(() => test[Symbol.asyncDispose]());

  const update = (name: string, author: string, timestamp: unknown, url = test.url) =>
    call(url, 'POST', '/update', { body: { name, author, timestamp } });
  const answerOf = async (path: string) => {
    const { status, body } = await call(test.url, 'GET', path);
    return [status, body];
  };
  const marketing = [
    { timestamp: 1, author: 'bob' },
    { timestamp: 2, author: 'ada' },
  ];

  it('answer in the shapes of the other API', async () => {
    const newest = { marketing: marketing[1] };
    expect((await update('marketing', 'ada', 2)).body).to.deep.equal(newest);
    expect((await update('marketing', 'bob', 1)).body).to.deep.equal(newest);
    await update('süß & more', 'cy', '2026-01-01T00:00:00Z');
    expect(await answerOf('/get?name=marketing')).to.deep.equal([200, newest]);
    expect(await answerOf('/getHistory?name=marketing')).to.deep.equal([200, { marketing: [...marketing].reverse() }]);
    expect(await answerOf(`/get?name=${encodeURIComponent('süß & more')}`)).to.deep.equal([
      200,
      { 'süß & more': { timestamp: '2026-01-01T00:00:00Z', author: 'cy' } },
    ]);
    expect(await answerOf('/get?name=nobody')).to.deep.equal([404, {}]);
    expect(await answerOf('/remove?name=nobody')).to.deep.equal([404, { success: false }]);
    await update('gone', 'ada', 1);
    expect(await answerOf('/remove?name=gone')).to.deep.equal([200, { success: true }]);
    expect(await answerOf('/get?name=gone')).to.deep.equal([404, {}]);
    const dump = { marketing, 'süß & more': [{ timestamp: '2026-01-01T00:00:00Z', author: 'cy' }] };
    const dumped = await call(test.url, 'GET', '/dump');
    expect([dumped.status, dumped.body]).to.deep.equal([200, dump]);
    expect(dumped.headers.get('muster-source')).to.include('aggregator-');
    expect(dumped.headers.get('muster-lag-ms')).to.match(/^\d+$/);
    expect(dumped.headers.get('muster-as-of')).to.equal(null);
  });

  it('answer faults with problems, and a HEAD changes nothing', async () => {
    const faulty = await call(test.url, 'POST', '/update', { body: { name: '', timestamp: 'yesterday' } });
    expect([faulty.status, faulty.body.errors.map(({ pointer }: { pointer: string }) => pointer)]).to.deep.equal([
      400,
      ['/name', '/author', '/timestamp'],
    ]);
    expect((await call(test.url, 'GET', '/get')).status).to.equal(400);
    expect((await call(test.url, 'GET', '/get?name=a&other=b')).status).to.equal(400);
    expect((await call(test.url, 'GET', '/dump?other=b')).status).to.equal(400);
    expect((await call(test.url, 'PUT', '/update', { body: {} })).status).to.equal(405);
    expect((await fetch(`${test.url}/remove?name=marketing`, { method: 'HEAD' })).status).to.equal(405);
    expect((await call(test.url, 'GET', '/get?name=marketing')).status).to.equal(200);
  });

  it('are not changed by a page of another site', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await call(test.url, 'GET', '/remove?name=marketing', { headers })).status).to.equal(403);
    expect((await call(test.url, 'GET', '/get?name=marketing', { headers })).status).to.equal(200);
  });

  it('have an API of their own: created or changed by POST, deleted by DELETE', async () => {
    const post = (timestamp: number) =>
      call(test.url, 'POST', '/api/record', { body: { name: 'own', author: 'ada', timestamp } });
    const created = await post(1);
    expect([created.status, created.headers.get('location')]).to.deep.equal([201, '/api/record/own']);
    expect((await post(2)).status).to.equal(200);
    const read = await call(test.url, 'GET', '/api/record/own');
    expect([read.headers.get('etag'), read.body.current]).to.deep.equal(['"2"', { author: 'ada', timestamp: 2 }]);
    const other = await call(test.url, 'POST', '/api/record', {
      body: { id: 'other', name: 'own', author: 'ada', timestamp: 2 },
    });
    expect([other.status, other.body.errors[0].code]).to.deep.equal([400, 'other-id']); // a name is one record
    expect((await call(test.url, 'DELETE', '/api/record/own')).status).to.equal(204);
    expect((await call(test.url, 'GET', '/api/record/own')).status).to.equal(410);
    expect((await call(test.url, 'DELETE', '/api/record/own')).status).to.equal(410);
    const late = await post(1); // it would not be seen
    expect([late.status, late.body.detail]).to.deep.equal([
      409,
      'The entries up to 1970-01-01T00:00:00.002Z (2) were removed: a further one needs a later timestamp',
    ]);
    expect((await update('own', 'ada', 2)).status).to.equal(409);
    expect((await call(test.url, 'GET', '/api/record/own')).status).to.equal(410);
    expect((await post(3)).body.entries).to.deep.equal([{ author: 'ada', timestamp: 3 }]);
  });

  it('take every update of a name that many clients open at once', async () => {
    const times = Array.from({ length: 60 }, (_, at) => at + 1);
    const answers = await Promise.all(times.map((at) => update('race', 'ada', at, test.urls[at % 2])));
    expect(answers.map(({ status }) => status)).to.deep.equal(times.map(() => 200));
    // half of the updates came through another gateway, whose versions this one does not know
    const [, history] = await eventually(
      () => answerOf('/getHistory?name=race'),
      ([, body]) => body.race?.length === times.length,
    );
    expect(history.race.map(({ timestamp }: { timestamp: number }) => timestamp)).to.deep.equal(times.reverse());
    expect(await test.shell.events.countDocuments({ entityId: 'race' })).to.equal(60);
    expect(await test.shell.events.countDocuments({ entityId: 'race', type: 'RecordOpened' })).to.equal(1);
  });

  it('answer the same while every aggregator is down', async () => {
    await eventually(
      () => test.shell.db.collection('Records').countDocuments({}),
      (records) => records === 5,
    );
    await killForGood(test, 'aggregator-0', 'aggregator-1', 'aggregator-2');
    expect((await update('marketing', 'eve', 3)).body).to.deep.equal({ marketing: { timestamp: 3, author: 'eve' } });
    expect(await answerOf('/getHistory?name=marketing')).to.deep.equal([
      200,
      { marketing: [{ timestamp: 3, author: 'eve' }, ...[...marketing].reverse()] },
    ]);
    const { status, body, headers } = await call(test.url, 'GET', '/dump');
    expect([status, Object.keys(body).sort()]).to.deep.equal([200, ['marketing', 'own', 'race', 'süß & more']]);
    // from the snapshot, as a list: it says as of when
    expect(headers.get('muster-source')).to.equal('database');
    expect(Date.parse(headers.get('muster-as-of') ?? '')).to.be.within(Date.now() - 60_000, Date.now());
    expect((await call(test.url, 'GET', '/api/record')).headers.get('muster-as-of')).to.be.a('string');
  });
});

describe('The routes of an earlier API that change data by GET', function () {
  this.timeout(120_000);

  it('are off unless the records run alone, or a setting has them on', async () => {
    for (const [environment, status] of [
      [{ ENTITIES: 'users,records' }, 404],
      [{ ENTITIES: 'records', LEGACY_ROUTES: 'off' }, 404],
      [{ ENTITIES: 'users,records', LEGACY_ROUTES: 'on' }, 200],
    ] as const) {
      await using test = await openTestSystem({ aggregators: 1, environment });
      await call(test.url, 'POST', '/update', { body: { name: 'a', author: 'ada', timestamp: 1 } });
      const removed = await call(test.url, 'GET', '/remove?name=a');
      expect([JSON.stringify(environment), removed.status]).to.deep.equal([JSON.stringify(environment), status]);
      if (status === 404) expect(removed.body.detail).to.include('LEGACY_ROUTES=on');
    }
  });
});
