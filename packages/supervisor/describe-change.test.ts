import { expect } from 'chai';
import { describeChanged, describeRequest } from './describe-change.ts';

describe('What is said of a change', () => {
  it('that restarts processes is which, and with what settings', () => {
    expect(describeRequest({ kind: 'restart' })).to.equal('restart aggregators');
    expect(describeRequest({ kind: 'restart', only: 'gateway-1', settings: { LOG_LEVEL: 'debug', X: '' } })).to.equal(
      'restart gateway-1 with LOG_LEVEL=debug X=',
    );
  });

  it('that scales is how many of which', () =>
    expect(describeRequest({ kind: 'scale', aggregators: 5 })).to.contain('5 aggregators'));

  it('that has ended is how, and why it did not succeed', () => {
    expect(describeChanged({ kind: 'done', ms: 3_140 })).to.equal('Done, after 3.1 s');
    expect(describeChanged({ kind: 'refused', problem: 'another change is under way' })).to.equal(
      'another change is under way',
    );
    expect(describeChanged({ kind: 'failed', problem: 'it died', ms: 1 })).to.equal('Broken off: it died');
  });
});
