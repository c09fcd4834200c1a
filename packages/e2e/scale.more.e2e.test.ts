import { type Call, startLoad, stopLoad, untilAnswered } from '@muster/chaos';
import { until } from '@muster/testing';
import { expect } from 'chai';
import { beginScale, openStarted, runningOf, runScale, type Started } from './started.ts';
import { underLoad } from './under-load.ts';

describe('npm run scale on a running Muster, for changes that take long', () => {
  let started: Started;
  before(async () => {
    started = await openStarted();
    // all three started at the same time: the first may serve more partitions for a moment
    const isAtRest = async () => (await runScale(started)).output.includes('each served by 2 of 3 aggregators');
    await until('all copies are at rest', isAtRest, 30_000);
  });
  after(() => started[Symbol.asyncDispose]());

  const pidsNow = async () =>
    Object.fromEntries((await runningOf(started)).processes.map(({ name, pid }) => [name, pid]));
  const urlOf = async (name: string) =>
    (await runningOf(started)).processes.find((one) => one.name === name)?.url ?? '';

  it('scales from three aggregators to five and to two under a load, and prints what moved', async () => {
    await underLoad(started, async () => {
      const up = await runScale(started, '5');
      expect(up.code, up.output).to.equal(0);
      expect(up.output)
        .to.contain('start aggregator-3, aggregator-4: done')
        .and.contain('32 partitions, each served by 2 of 5 aggregators; ');
      expect(up.output).to.match(/^ +aggregator-4 +- +\d+$/m);
      expect(up.output).to.match(/^Done in \d+\.\d s; the slowest step: /m);
      const down = await runScale(started, '2');
      expect(down.code, down.output).to.equal(0);
      expect(down.output).to.match(/stop aggregator-4: done.*stop aggregator-3: done.*stop aggregator-2: done/s);
      expect(down.output).to.contain('32 partitions, each served by 2 of 2 aggregators; ');
      expect(down.output).to.match(/^ +aggregator-4 +\d+ +-$/m);
      expect(down.output).not.to.contain('killed');
      return [];
    });
    const { processes } = await runningOf(started);
    expect(processes.map(({ name }) => name)).to.deep.equal(['gateway', 'aggregator-0', 'aggregator-1']);
    const back = await runScale(started, '3');
    expect(back.code, back.output).to.equal(0);
  });

  it('restarts one aggregator at a time with a changed setting under a load, and refuses another change', async () => {
    const pids = await pidsNow();
    await underLoad(started, async () => {
      const restart = beginScale(started, '--restart', '--set', 'SNAPSHOT_EVERY=50');
      await until('the restart has begun', () => restart.said().includes('restart aggregator-0'), 30_000);
      const second = await runScale(started, '4');
      expect(second.code, second.output).to.equal(2);
      expect(second.output).to.contain('"restart aggregators" has been running for');
      expect((await runScale(started)).output).to.contain('Running change: restart aggregators');
      const { code, output } = await restart.ended;
      expect(code, output).to.equal(0);
      expect(output).to.match(/restart aggregator-0: done.*restart aggregator-1: done.*restart aggregator-2: done/s);
      expect(output).to.contain('; 0 moved');
      return [];
    });
    const later = await pidsNow();
    expect(later.gateway).to.equal(pids.gateway);
    for (const name of ['aggregator-0', 'aggregator-1', 'aggregator-2'])
      expect(later[name], name).not.to.equal(pids[name]);
  });

  it('scales to two gateways with different settings and back, without a failed request to the first', async () => {
    await underLoad(started, async () => {
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
    expect(await pidsNow()).not.to.have.property('gateway-1');
  });

  /** Runs a load on both gateways, which have different deadlines for replicas: versions of one hold on the other. */
  const loadBoth = async (): Promise<Call[]> => {
    const load = await startLoad([started.url, await urlOf('gateway-1')], { sessions: 8 });
    await untilAnswered(load, 400).finally(() => stopLoad(load));
    return load.calls;
  };

  it('continues the change when the command ends with Ctrl-C', async () => {
    const pids = await pidsNow();
    const restart = beginScale(started, '--restart', '--only', 'aggregator-2');
    await until('the restart has begun', () => restart.said().includes('restart aggregator-2'), 30_000);
    restart.child.kill('SIGINT');
    const { code, output } = await restart.ended;
    expect(code, output).to.equal(1);
    expect(output).to.contain('The change goes on');
    await until('it is done', async () => (await runningOf(started)).changing === undefined, 60_000);
    expect((await pidsNow())['aggregator-2']).not.to.equal(pids['aggregator-2']);
    expect((await runScale(started)).output).to.contain('32 partitions, each served by 2 of 3 aggregators');
  });

  it('goes back to the earlier settings when a program refuses the new ones, and prints the reason', async () => {
    const { code, output } = await runScale(started, '--restart', '--set', 'SNAPSHOT_EVERY=often');
    expect(code, output).to.equal(1);
    expect(output)
      .to.contain('"SNAPSHOT_EVERY" must be a number')
      .and.contain('aggregator-0 was started again with its earlier settings');
    expect((await runScale(started, '3')).code).to.equal(0);
  });
});
