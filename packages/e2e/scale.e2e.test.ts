import { until } from '@muster/testing';
import { expect } from 'chai';
import { openStarted, runningOf, runScale, type Started } from './started.ts';
import { underLoad } from './under-load.ts';

describe('npm run scale on a running Muster', () => {
  let started: Started;
  before(async () => {
    started = await openStarted();
  });
  after(() => started[Symbol.asyncDispose]());

  it('prints what runs when it has no arguments', async () => {
    const shown = async () => (await runScale(started)).output;
    // all three started at the same time: the first may serve more partitions for a moment
    await until(
      'all copies are at rest',
      async () => (await shown()).includes('32 partitions, each served by 2 of 3 aggregators'),
      30_000,
    );
    const { code, output } = await runScale(started);
    expect(code, output).to.equal(0);
    expect(output).to.contain(`Muster runs at ${started.url}`);
    expect(output).to.match(/^ +aggregator-2 +\d+ +http:\S+readyz and \/metrics +\d+: \d/m);
  });

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

  it('refuses to change a setting that all processes share', async () => {
    const { code, output } = await runScale(started, '--restart', '--set', 'PARTITIONS=64');
    expect(code, output).to.equal(2);
    expect(output).to.contain('cannot be changed while it runs');
  });

  it('prints what to do when nothing runs', async () => {
    const { code, output } = await runScale({ dataPath: '/nowhere' }, '5');
    expect(code).to.equal(2);
    expect(output).to.contain('start one with npm start');
  });
});
