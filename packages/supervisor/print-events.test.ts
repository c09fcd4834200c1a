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

describe('What is said of a process', () => {
  it('that died is how, and when it is started again', () =>
    expect(describeEvent(died)).to.equal('gateway died (signal SIGKILL), starting it again in 80 ms'));

  it('that is left dead promises nothing', () =>
    expect(describeEvent({ ...died, exit: { code: 1, signal: null }, restartMs: undefined })).to.equal(
      'gateway died (exit code 1)',
    ));

  it('that fails to start again and again is where to look', () =>
    expect(describeEvent({ ...died, wasReady: false, failures: 3 }))
      .to.contain('failed 3 times in a row')
      .and.contain('look at'));

  it('that failed twice is no advice yet', () =>
    expect(describeEvent({ ...died, wasReady: false, failures: 2 })).not.to.contain('look at'));

  it('of MongoDB points to its log', () =>
    expect(describeEvent({ ...died, name: 'mongodb', wasReady: false, failures: 5 })).to.contain('mongodb.log'));

  it('that cannot be started is why', () =>
    expect(
      describeEvent({ kind: 'unstartable', name: 'mongodb', problem: 'no python3', restartMs: undefined }),
    ).to.equal('mongodb cannot be started: no python3'));

  it('that writes a line is nothing more', () =>
    expect(describeEvent({ kind: 'line', name: 'gateway', line: 'x' })).to.equal(undefined));
});
