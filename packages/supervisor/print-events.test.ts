import { expect } from 'chai';
import { describeEvent } from './print-events.ts';

const died = {
  kind: 'died',
  name: 'gateway',
  exit: { code: null, signal: 'SIGKILL' },
  wasReady: true,
  failures: 1,
  restartMs: 80,
} as const;

describe('The message about a process', () => {
  it('that died states the reason and the time of the next start', () =>
    expect(describeEvent(died)).to.equal('gateway died (signal SIGKILL), next start in 80 ms'));

  it('that died and is not started again states only the reason', () =>
    expect(describeEvent({ ...died, exit: { code: 1, signal: null }, restartMs: undefined })).to.equal(
      'gateway died (exit code 1)',
    ));

  it('that fails three times in a row says where to look', () =>
    expect(describeEvent({ ...died, wasReady: false, failures: 3 }))
      .to.contain('failed 3 times in a row')
      .and.contain('Read its lines above'));

  it('that failed twice has no advice yet', () =>
    expect(describeEvent({ ...died, wasReady: false, failures: 2 })).not.to.contain('Read'));

  it('that is MongoDB points to its log', () =>
    expect(describeEvent({ ...died, name: 'mongodb', wasReady: false, failures: 5 })).to.contain('mongodb.log'));

  it('that cannot be started states the reason', () =>
    expect(
      describeEvent({ kind: 'unstartable', name: 'mongodb', problem: 'no python3', restartMs: undefined }),
    ).to.equal('Cannot start mongodb: no python3'));

  it('that writes a line is empty', () =>
    expect(describeEvent({ kind: 'line', name: 'gateway', line: 'x' })).to.equal(undefined));
});
