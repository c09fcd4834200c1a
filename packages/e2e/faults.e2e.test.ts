import {
  type Call,
  checkAll,
  checkAnswers,
  checkHistory,
  isWrite,
  type Load,
  quantileMs,
  readLog,
  startLoad,
  stopLoad,
  untilAnswered,
} from '@muster/chaos';
import { pause } from '@muster/runtime';
import { killProcess, processOf } from '@muster/supervisor';
import {
  call,
  eventually,
  forAll,
  killAndAwaitReturn,
  killForGood,
  openTestSystem,
  type Reply,
  startAgain,
  type TestSystem,
} from '@muster/testing';
import { expect } from 'chai';

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

  /**
   * Does `fault` while a load runs, and lets it run on; gives what the load was told, once all that it was told has
   * been found right.
   */
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

  const restartsOf = (name: string) =>
    test.events.filter((event) => event.kind === 'died' && event.name === name).length;

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
    const reads = during.filter(({ op, source }) => op === 'read' && source !== undefined);
    // a few, until the gateway knows whom to ask
    const fromDatabase = reads.filter(({ source }) => source === 'database').length;
    expect(fromDatabase).to.be.below(reads.length / 3);
    // The bar for every CRUD answer is 250 ms. The machine of the tests is shared and stalls now and then, whoever is
    // asked: so a few may be over.
    expect(quantileMs(during, 0.5)).to.be.below(100);
    expect(quantileMs(during, 0.95)).to.be.below(250);
    expect(quantileMs(during, 1)).to.be.below(1_000);
  });

  it('with all aggregators killed the database answers; started again they have missed nothing', async () => {
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

  it('with MongoDB paused reads go on and say their lag, writes are refused in time, and all recovers', async () => {
    const calm = (await withLoad(async () => undefined))
      .filter(({ op, outcome }) => op === 'create' && outcome === 'ok')
      .map(({ id }) => id);
    const died = test.events.filter(({ kind }) => kind === 'died').length;
    const reads: Reply[] = [];
    const paused = { from: 0, to: 0 };
    const calls = await withLoad(async () => {
      await killProcess(test.system, 'mongodb', 'SIGSTOP');
      paused.from = performance.now();
      // longer than a write waits for its answer, and a change stream; shorter than the driver holds on to its
      // connections: what was sent will be carried out
      for (const until = performance.now() + 6_000; performance.now() < until; await pause(20))
        reads.push(...(await readSome(calm)));
      paused.to = performance.now();
      await killProcess(test.system, 'mongodb', 'SIGCONT');
    });
    expect(test.events.filter(({ kind }) => kind === 'died').length).to.equal(died);

    const writes = calls.filter(
      (one) => isWrite(one) && one.invokedAt > paused.from && one.invokedAt < paused.to - 2_000,
    );
    expect(writes).not.to.deep.equal([]);
    expect(writes.filter(({ status, problem }) => status !== 503 && problem === undefined)).to.deep.equal([]);
    // The bar is 2 s for each. The machine of the tests is shared and stalls now and then: so a few may be over.
    expect(quantileMs(writes, 0.9)).to.be.below(2_000);
    expect(quantileMs(writes, 1)).to.be.below(3_000);
    const inFlight = calls.filter(
      (one) => isWrite(one) && one.invokedAt < paused.to - 2_000 && one.completedAt > paused.from,
    );
    // `unknown` is only what had been sent when the pause began: nothing is sent without a proof of the log
    expect(inFlight.filter(({ outcome }) => outcome === 'notWritten')).not.to.deep.equal([]);

    expect(
      reads.filter(
        ({ status, headers }) => status === 503 || !aggregators.includes(headers.get('muster-source') ?? ''),
      ),
    ).to.deep.equal([]);
    for (const name of aggregators) {
      const lags = reads
        .filter(({ headers }) => headers.get('muster-source') === name)
        .map(({ headers }) => Number(headers.get('muster-lag-ms')));
      expect(lags.at(-1), name).to.be.above((lags[0] ?? 0) + 2_500);
    }
  });

  it('with MongoDB paused an aggregator that stalls for a moment is asked again, as there is nobody else', async () => {
    const calm = (await withLoad(async () => undefined))
      .filter(({ op, outcome }) => op === 'create' && outcome === 'ok')
      .map(({ id }) => id);
    await killProcess(test.system, 'mongodb', 'SIGSTOP');
    for (const name of aggregators) await killProcess(test.system, name, 'SIGSTOP');
    const reading = readSome(calm);
    await pause(300); // longer than a replica may take
    for (const name of aggregators) await killProcess(test.system, name, 'SIGCONT');
    const reads = [...(await reading), ...(await readSome(calm))];
    await killProcess(test.system, 'mongodb', 'SIGCONT');
    expect(
      reads.filter(
        ({ status, headers }) => status === 503 || !aggregators.includes(headers.get('muster-source') ?? ''),
      ),
    ).to.deep.equal([]);
  });

  const readSome = (ids: readonly string[]) =>
    Promise.all(ids.slice(0, 20).map((id) => call(test.url, 'GET', `/api/user/${id}`)));

  it('the whole history still holds at the end', async () => {
    for (const name of ['mongodb', 'gateway', ...aggregators])
      expect(processOf(test.system, name).status, name).to.equal('ready');
    const { body } = await call(test.url, 'GET', '/api/user/count');
    expect(body.count).to.be.above(0);
    const sample = [
      ...new Set(history.filter(({ op, outcome }) => op === 'create' && outcome === 'ok').map(({ id }) => id)),
    ].slice(0, 50);
    const statuses = await forAll(sample, 8, async (id) => (await call(test.url, 'GET', `/api/user/${id}`)).status);
    expect(statuses.filter((status) => status !== 200 && status !== 410)).to.deep.equal([]);
    expect((await checkAll(test, history)).slice(0, 20)).to.deep.equal([]);
  });
});
