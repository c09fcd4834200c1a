import { request } from 'node:http';
import { startLoad, stopLoad, untilAnswered } from '@muster/chaos';
import { killProcess } from '@muster/supervisor';
import {
  call,
  eventually,
  forAll,
  linesOf,
  openTestSystem,
  startAgain,
  stopGently,
  type TestSystem,
} from '@muster/testing';
import { expect } from 'chai';
import { ada } from './write-users.ts';

describe('A gateway', () => {
  let test: TestSystem;
  before(async () => {
    test = await openTestSystem({ environment: { REQUESTS_MAX: '100' } });
  });
  after(() => test[Symbol.asyncDispose]());

  it('never counts less than it wrote without Muster-As-Of, even after the pause of an aggregator', async () => {
    const count = async () => {
      const { body, headers } = await call(test.url, 'GET', '/api/user/count');
      return headers.has('muster-as-of') ? [] : [body.count];
    };
    await killProcess(test.system, 'aggregator-0', 'SIGSTOP');
    const ids = Array.from({ length: 1_500 }, (_, index) => `paused-${index}`);
    const replies = await forAll(ids, 64, (id) => call(test.url, 'POST', '/api/user', { body: { id, ...ada } }));
    expect(replies.filter(({ status }) => status !== 201).map(({ text }) => text)).to.deep.equal([]);
    const pausedUntil = performance.now() + 3_200; // longer than a gateway requires a single write from a replica
    await eventually(
      async () => performance.now(),
      (now) => now > pausedUntil,
      10_000,
    );
    const seen = await count();
    await killProcess(test.system, 'aggregator-0', 'SIGCONT');
    await eventually(
      async () => {
        seen.push(...(await count()));
        return call(test.url, 'GET', '/api/user/count');
      },
      ({ headers }) => headers.get('muster-source')?.includes('aggregator-0') ?? false,
      20_000,
    );
    seen.push(...(await count()));
    expect([...new Set(seen)]).to.deep.equal([1_500]);
  });

  /** Begins an upload that creates a user. `end` sends the rest. */
  const beginUpload = (id: string) => {
    const body = JSON.stringify({ id, ...ada });
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const upload = request(`${test.url}/api/user`, { method: 'POST', headers, agent: false });
    const answered = new Promise<number | undefined>((resolve, reject) => {
      upload.once('response', (response) => resolve(response.resume().statusCode)).once('error', reject);
    });
    upload.write(body.slice(0, 10));
    return { answered, end: () => upload.end(body.slice(10)) };
  };

  it('waits for a slow upload: the deadline begins with the write', async () => {
    const upload = beginUpload('slow');
    setTimeout(upload.end, 2_200); // longer than the deadline of a write
    expect(await upload.answered).to.equal(201);
  });

  const inFlight = async () => {
    const { healthPort } = JSON.parse(linesOf(test, 'gateway').find((line) => line.includes('healthPort')) ?? '{}');
    const metrics = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    return Number(/^muster_requests_in_flight\{.*\} (\d+)$/m.exec(metrics)?.[1]);
  };

  it('refuses requests at once while REQUESTS_MAX are in flight, and accepts them later', async () => {
    const uploads = Array.from({ length: 100 }, (_, index) => beginUpload(`many-${index}`));
    const read = () => call(test.url, 'GET', '/api/user/slow');
    await eventually(inFlight, (number) => number === 100);
    const refused = await forAll(uploads, 10, () =>
      call(test.url, 'POST', '/api/user', { body: { id: 'too-many', ...ada } }),
    );
    expect([
      ...new Set(refused.map(({ status, body, headers }) => `${status} ${body.written} ${headers.get('retry-after')}`)),
    ]).to.deep.equal(['503 notWritten 1']);
    for (const upload of uploads) upload.end();
    expect(new Set(await Promise.all(uploads.map(({ answered }) => answered)))).to.deep.equal(new Set([201]));
    expect((await read()).status).to.equal(200);
    expect((await call(test.url, 'GET', '/api/user/too-many')).status).to.equal(404);
    expect(linesOf(test, 'gateway').filter((line) => line.includes('Too many requests at once'))).to.have.length(1);
  });

  it('stops by itself on SIGTERM under load, and all acknowledged writes are in the log', async () => {
    const load = await startLoad(test.urls);
    await untilAnswered(load, 300);
    const startedAt = performance.now();
    const [exit] = await stopGently(test, 'gateway');
    const stoppedMs = performance.now() - startedAt;
    await startAgain(test, 'gateway');
    await stopLoad(load);
    expect(exit).to.deep.equal({ code: 0, signal: null });
    expect(stoppedMs, 'milliseconds to stop; by force it would be 5,000').to.be.below(4_500);
    const acknowledged = load.calls.filter(({ op, outcome }) => outcome === 'ok' && op === 'create');
    const inLog = await test.shell.events.distinct('entityId', { entityId: { $in: acknowledged.map(({ id }) => id) } });
    expect(inLog).to.have.length(new Set(acknowledged.map(({ id }) => id)).size);
  });
});
