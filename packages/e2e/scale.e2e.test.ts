import { until } from '@muster/testing';
import { expect } from 'chai';
import { openStarted, runScale, type Started } from './started.ts';

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
