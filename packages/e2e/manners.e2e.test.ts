import { request } from 'node:http';
import { killProcess } from '@muster/local';
import { call, eventually, forAll, openTestSystem, startAgain, startLoad, stopGently, stopLoad, type TestSystem, untilAnswered } from '@muster/testing';
import { expect } from 'chai';
import { ada } from './write-users.ts';

describe('A gateway', () => {
  let test: TestSystem;
  before(async () => {
    test = await openTestSystem();
  });
  after(() => test[Symbol.asyncDispose]());

  it('never counts or lists less than it wrote, also with an aggregator that wakes up from a pause', async () => {
    const count = async () => (await call(test.url, 'GET', '/api/user/count')).body.count;
    await killProcess(test.system, 'aggregator-0', 'SIGSTOP');
    const ids = Array.from({ length: 1_500 }, (_, index) => `paused-${index}`);
    const replies = await forAll(ids, 64, (id) => call(test.url, 'POST', '/api/user', { body: { id, ...ada } }));
    expect(replies.filter(({ status }) => status !== 201).map(({ text }) => text)).to.deep.equal([]);
    const pausedUntil = performance.now() + 3_200; // past the time for which a single write is asked for
    await eventually(
      async () => performance.now(),
      (now) => now > pausedUntil,
      10_000,
    );
    const seen = [await count()];
    await killProcess(test.system, 'aggregator-0', 'SIGCONT');
    await eventually(
      async () => {
        seen.push(await count());
        return call(test.url, 'GET', '/api/user/count');
      },
      ({ headers }) => headers.get('muster-source')?.includes('aggregator-0') ?? false,
      20_000,
    );
    seen.push(await count());
    expect([...new Set(seen)]).to.deep.equal([1_500]);
  });

  it('gives an upload its time: the deadline is that of the write', async () => {
    const body = JSON.stringify({ id: 'slow', ...ada });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length };
      const upload = request(`${test.url}/api/user`, { method: 'POST', headers }, (response) => resolve(response.resume().statusCode));
      upload.once('error', reject);
      upload.write(body.slice(0, 10));
      setTimeout(() => upload.end(body.slice(10)), 2_200); // what is tested is the time itself
    });
    expect(status).to.equal(201);
  });

  it('that is told to stop under load ends by itself, and all that it acknowledged is there', async () => {
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
    const inLog = await test.log.events.distinct('entityId', { entityId: { $in: acknowledged.map(({ id }) => id) } });
    expect(inLog).to.have.length(new Set(acknowledged.map(({ id }) => id)).size);
  });
});
