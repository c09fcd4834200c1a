import { type Call, checkAll, readLog, startLoad, stopLoad, untilAnswered } from '@muster/chaos';
import { until } from '@muster/testing';
import { expect } from 'chai';
import { beginScale, openStarted, runningOf, runScale, type Started } from './started.ts';

describe('npm run scale on a running Muster', () => {
  let started: Started;
  before(async () => {
    started = await openStarted();
  });
  after(() => started[Symbol.asyncDispose]());

  /** Under a load: no request fails, and every answer was right, also to what the body asked for by itself. */
  const underLoad = async (body: () => Promise<readonly Call[]>) => {
    const earlier = await readLog(started);
    const load = await startLoad([started.url], { sessions: 8 });
    await untilAnswered(load, 200);
    const own = await body().finally(() => stopLoad(load));
    const calls = [...load.calls, ...own];
    expect(calls.filter(isFailed).slice(0, 20)).to.deep.equal([]);
    expect((await checkAll(started, calls, earlier)).slice(0, 20)).to.deep.equal([]);
  };

  const namesNow = async () => (await runningOf(started)).processes.map(({ name }) => name);
  const pidsNow = async () =>
    Object.fromEntries((await runningOf(started)).processes.map(({ name, pid }) => [name, pid]));
  const urlOf = async (name: string) =>
    (await runningOf(started)).processes.find((one) => one.name === name)?.url ?? '';

  it('says what runs when nothing is asked for', async () => {
    const shown = async () => (await runScale(started)).output;
    // all three started at once: who came first held more for a moment
    await until(
      'all copies are at rest',
      async () => (await shown()).includes('32 partitions, each held by 2 of 3 aggregators'),
      30_000,
    );
    const { code, output } = await runScale(started);
    expect(code, output).to.equal(0);
    expect(output).to.contain(`Muster runs at ${started.url}`);
    expect(output).to.match(/^ +aggregator-2 +\d+ +http:\S+readyz and \/metrics +\d+: \d/m);
  });

  it('takes three aggregators to five and to two while requests go on, and says what moved', async () => {
    await underLoad(async () => {
      const up = await runScale(started, '5');
      expect(up.code, up.output).to.equal(0);
      expect(up.output)
        .to.contain('start aggregator-3, aggregator-4: done')
        .and.contain('32 partitions, each held by 2 of 5 aggregators; ');
      expect(up.output).to.match(/^ +aggregator-4 +- +\d+$/m);
      expect(up.output).to.match(/^Done in \d+\.\d s; the slowest step: /m);
      const down = await runScale(started, '2');
      expect(down.code, down.output).to.equal(0);
      expect(down.output).to.match(/stop aggregator-4: done.*stop aggregator-3: done.*stop aggregator-2: done/s);
      expect(down.output).to.contain('32 partitions, each held by 2 of 2 aggregators; ');
      expect(down.output).to.match(/^ +aggregator-4 +\d+ +-$/m);
      expect(down.output).not.to.contain('killed');
      return [];
    });
    expect(await namesNow()).to.deep.equal(['gateway', 'aggregator-0', 'aggregator-1']);
    const back = await runScale(started, '3');
    expect(back.code, back.output).to.equal(0);
  });

  it('restarts the aggregators one at a time with a changed setting while requests go on, and refuses another change meanwhile', async () => {
    const pids = await pidsNow();
    await underLoad(async () => {
      const restart = beginScale(started, '--restart', '--set', 'SNAPSHOT_EVERY=50');
      await until('the restart has begun', () => restart.said().includes('restart aggregator-0'), 30_000);
      const second = await runScale(started, '4');
      expect(second.code, second.output).to.equal(2);
      expect(second.output).to.contain('"restart aggregators" has been under way for');
      expect((await runScale(started)).output).to.contain('Under way: restart aggregators');
      const { code, output } = await restart.ended;
      expect(code, output).to.equal(0);
      expect(output).to.match(/restart aggregator-0: done.*restart aggregator-1: done.*restart aggregator-2: done/s);
      expect(output).to.contain('; 0 changed hands');
      return [];
    });
    const later = await pidsNow();
    expect(later.gateway).to.equal(pids.gateway);
    for (const name of ['aggregator-0', 'aggregator-1', 'aggregator-2'])
      expect(later[name], name).not.to.equal(pids[name]);
  });

  it('takes one gateway to two, with a setting of its own, and back to one; no request to the one that stays fails', async () => {
    await underLoad(async () => {
      const up = await runScale(started, '--gateways', '2');
      expect(up.code, up.output).to.equal(0);
      expect(up.output).to.match(/^Gateways: gateway http:\S+, gateway-1 http:\S+$/m);
      const other = await runScale(started, '--restart', '--only', 'gateway-1', '--set', 'REPLICA_DEADLINE_MS=20');
      expect(other.code, other.output).to.equal(0);
      const onBoth = await loadBoth();
      const down = await runScale(started, '--gateways', '1');
      expect(down.code, down.output).to.equal(0);
      return onBoth;
    });
    expect(await namesNow()).not.to.contain('gateway-1');
  });

  /** Two gateways that wait for replicas for different times: what one has told holds on the other, too. */
  const loadBoth = async (): Promise<Call[]> => {
    const load = await startLoad([started.url, await urlOf('gateway-1')], { sessions: 8 });
    await untilAnswered(load, 400).finally(() => stopLoad(load));
    return load.calls;
  };

  it('goes on when who asked leaves with Ctrl-C', async () => {
    const pids = await pidsNow();
    const restart = beginScale(started, '--restart', '--only', 'aggregator-2');
    await until('the restart has begun', () => restart.said().includes('restart aggregator-2'), 30_000);
    restart.child.kill('SIGINT');
    const { code, output } = await restart.ended;
    expect(code, output).to.equal(1);
    expect(output).to.contain('the change goes on without us');
    await until('it is done', async () => (await runningOf(started)).changing === undefined, 60_000);
    expect((await pidsNow())['aggregator-2']).not.to.equal(pids['aggregator-2']);
    expect((await runScale(started)).output).to.contain('32 partitions, each held by 2 of 3 aggregators');
  });

  it('with a setting that the program refuses goes back, and says why', async () => {
    const { code, output } = await runScale(started, '--restart', '--set', 'SNAPSHOT_EVERY=often');
    expect(code, output).to.equal(1);
    expect(output)
      .to.contain('"SNAPSHOT_EVERY" must be a number')
      .and.contain('aggregator-0 was started again with its earlier settings');
    expect((await runScale(started, '3')).code).to.equal(0);
  });

  it('is told what it may not change', async () => {
    const { code, output } = await runScale(started, '--restart', '--set', 'PARTITIONS=64');
    expect(code, output).to.equal(2);
    expect(output).to.contain('cannot be changed while it runs');
  });

  it('where nothing runs says what to do', async () => {
    const { code, output } = await runScale({ dataPath: '/nowhere' }, '5');
    expect(code).to.equal(2);
    expect(output).to.contain('start one with npm start');
  });
});

const isFailed = ({ outcome }: Call): boolean => outcome === 'unknown' || outcome === 'notWritten';
