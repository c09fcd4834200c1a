import { killProcess, processOf } from '@muster/local';
import { pause } from '@muster/runtime';
import { expect } from 'chai';
import { call, eventually, forAll } from './call.ts';
import { checkAll, checkAnswers, readLog } from './check-copies.ts';
import { checkHistory } from './check-history.ts';
import { type Call, isWrite, quantileMs } from './history.ts';
import { type Load, startLoad, stopLoad, untilAnswered } from './load.ts';
import { killAndAwaitReturn, killForGood, openTestSystem, startAgain, type TestSystem } from './test-system.ts';

const aggregators = ['aggregator-0', 'aggregator-1', 'aggregator-2'];

/** The calls that began while this was done. */
const callsDuring = async ({ calls }: Load, done: () => Promise<unknown>): Promise<Call[]> => {
  const from = performance.now();
  await done();
  const to = performance.now();
  return calls.filter(({ invokedAt }) => invokedAt > from && invokedAt < to);
};

describe('Under a running load of mixed writes and reads', () => {
  let test: TestSystem;
  const history: Call[] = []; // of all tests: what was answered in one must still hold after the faults of the next
  before(async () => {
    test = await openTestSystem();
  });
  after(() => test[Symbol.asyncDispose]());
  // a test that failed in the middle of its fault leaves it to nobody else
  afterEach(async () => {
    for (const [name, { spawned, status }] of test.system.processes) {
      spawned?.child.kill('SIGCONT');
      if (status === 'stopped') await startAgain(test, name);
    }
  });

  /** Does `fault` while a load runs, and lets it run on; gives what the load was told, once all that it was told has been found right. */
  const withLoad = async (fault: (load: Load) => Promise<void>): Promise<Call[]> => {
    const load = await startLoad(test.urls);
    try {
      await untilAnswered(load, 100);
      await fault(load);
      await untilAnswered(load, 200);
    } finally {
      history.push(...(await stopLoad(load)));
    }
    expect((await checkAll(test, history)).slice(0, 20)).to.deep.equal([]);
    return load.calls;
  };

  const restartsOf = (name: string) => test.events.filter((event) => event.kind === 'died' && event.name === name).length;

  it('nothing is missed or doubled when each aggregator is killed in turn and comes back', async () => {
    const calls = await withLoad(async (load) => {
      for (const name of aggregators) {
        await killAndAwaitReturn(test, name);
        await untilAnswered(load, 100);
      }
    });
    expect(calls.filter(({ outcome }) => outcome === 'unknown' || outcome === 'notWritten')).to.deep.equal([]);
    expect(aggregators.map(restartsOf)).to.deep.equal([1, 1, 1]);
  });

  it('nothing is missed or doubled when the gateway is killed and comes back', async () => {
    const calls = await withLoad(() => killAndAwaitReturn(test, 'gateway'));
    expect(calls.filter(({ status }) => status === undefined)).not.to.deep.equal([]);
  });

  it('nothing is missed or doubled when MongoDB is killed and comes back', async () => {
    const others = ['gateway', ...aggregators];
    const before = others.map(restartsOf);
    await withLoad(() => killAndAwaitReturn(test, 'mongodb'));
    expect(others.map(restartsOf)).to.deep.equal(before); // nobody else had to start again
  });

  it('every answer is right and in time with one aggregator down, and with one paused', async () => {
    const during: Call[] = [];
    await withLoad(async (load) => {
      await killForGood(test, 'aggregator-0');
      during.push(...(await callsDuring(load, () => untilAnswered(load, 600))));
      await startAgain(test, 'aggregator-0');
      await killProcess(test.system, 'aggregator-1', 'SIGSTOP');
      during.push(...(await callsDuring(load, () => Promise.all([untilAnswered(load, 600), pause(3_000)]))));
      await killProcess(test.system, 'aggregator-1', 'SIGCONT');
    });
    expect(during.filter(({ outcome }) => outcome === 'unknown' || outcome === 'notWritten')).to.deep.equal([]);
    expect(during.filter(({ source }) => source === 'database')).not.to.deep.equal([]);
    // The bar for every CRUD answer is 250 ms. The machine of the tests is shared and stalls now and then, whoever is asked: so one in a hundred may be over.
    expect(quantileMs(during, 0.5)).to.be.below(100);
    expect(quantileMs(during, 0.99)).to.be.below(250);
    expect(quantileMs(during, 1)).to.be.below(1_000);
  });

  it('with all three aggregators killed everything is answered from the database; started again they have missed nothing', async () => {
    await killForGood(test, ...aggregators);
    const load = await startLoad(test.urls, { pauseMs: 0 });
    const written = () => load.calls.filter((one) => isWrite(one) && one.outcome === 'ok').length;
    await eventually(
      async () => written(),
      (writes) => writes >= 1_000,
      40_000,
    ).finally(() => stopLoad(load));
    history.push(...load.calls);
    expect(load.calls.filter(({ outcome }) => outcome === 'unknown' || outcome === 'notWritten')).to.deep.equal([]);
    const folded = await readLog(test);
    expect(checkHistory(folded, history).slice(0, 20)).to.deep.equal([]);
    expect((await checkAnswers(test, folded, 'database')).slice(0, 20)).to.deep.equal([]);
    await startAgain(test, ...aggregators);
    expect((await checkAll(test, history)).slice(0, 20)).to.deep.equal([]);
  });

  it('with MongoDB paused reads go on with their lag told, writes are refused in time, and all recovers by itself', async () => {
    const restarts = test.events.filter(({ kind }) => kind === 'died').length;
    const paused = { from: 0, to: 0 };
    const calls = await withLoad(async (load) => {
      await killProcess(test.system, 'mongodb', 'SIGSTOP');
      paused.from = performance.now();
      await pause(4_000); // longer than a write may wait for its answer
      await untilAnswered(load, 50); // reads
      paused.to = performance.now();
      await killProcess(test.system, 'mongodb', 'SIGCONT');
    });
    const during = calls.filter(({ invokedAt, completedAt }) => invokedAt > paused.from && completedAt < paused.to);
    const writes = during.filter(isWrite);
    const { byRequest } = await readLog(test); // DBG
    const g: Record<string, number> = {}; for (const c of during) { const k = `${isWrite(c) ? 'W' : 'R'} ${c.outcome} ${c.status} ${c.source} inlog=${byRequest.has(c.requestId) && isWrite(c)} ${c.problem && (c.problem as any).detail?.replace(/".*?"/g,'')}`; g[k] = (g[k] ?? 0) + 1; } console.log('DBG', g, [0.5,0.95,1].map((q) => quantileMs(writes, q))); // DBG
    const straddle = calls.filter(({ invokedAt, completedAt }) => completedAt > paused.from && invokedAt < paused.to && !(invokedAt > paused.from && completedAt < paused.to)); console.log('DBG', straddle.map((c) => [c.op, c.outcome, c.invokedAt - paused.from, c.completedAt - paused.from, byRequest.has(c.requestId)].join(' ')));// DBG
    const refusedByDatabase = writes.filter(({ status }) => status === 503);
    expect(refusedByDatabase).not.to.deep.equal([]);
    expect(writes.filter(({ outcome }) => outcome === 'ok')).to.deep.equal([]);
    expect(quantileMs(refusedByDatabase, 1)).to.be.below(2_000);
    const reads = during.filter(({ op, outcome }) => op === 'read' && outcome === 'ok');
    for (const name of aggregators) {
      const lags = reads.filter(({ source }) => source === name).map(({ lagMs = 0 }) => lagMs);
      expect(lags.at(-1), name).to.be.above((lags[0] ?? 0) + 1_500);
    }
    expect(test.events.filter(({ kind }) => kind === 'died').length).to.equal(restarts);
  });

  it('the whole history still holds at the end', async () => {
    for (const name of ['mongodb', 'gateway', ...aggregators]) expect(processOf(test.system, name).status, name).to.equal('ready');
    const { body } = await call(test.url, 'GET', '/api/user/count');
    expect(body.count).to.be.above(0);
    const sample = [...new Set(history.filter(({ op, outcome }) => op === 'create' && outcome === 'ok').map(({ id }) => id))].slice(0, 50);
    const statuses = await forAll(sample, 8, async (id) => (await call(test.url, 'GET', `/api/user/${id}`)).status);
    expect(statuses.filter((status) => status !== 200 && status !== 410)).to.deep.equal([]);
    expect((await checkAll(test, history)).slice(0, 20)).to.deep.equal([]);
  });
});
