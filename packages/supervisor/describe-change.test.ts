import { expect } from 'chai';
import { describeChanged, describeRequest } from './describe-change.ts';

describe('The description of a change', () => {
  it('names the processes to restart and their settings', () => {
    expect(describeRequest({ kind: 'restart' })).to.equal('restart aggregators');
    expect(describeRequest({ kind: 'restart', only: 'gateway-1', settings: { LOG_LEVEL: 'debug', X: '' } })).to.equal(
      'restart gateway-1 with LOG_LEVEL=debug X=',
    );
  });

  it('names the wanted numbers when it scales', () =>
    expect(describeRequest({ kind: 'scale', aggregators: 5 })).to.contain('5 aggregators'));

  it('states the outcome and the reason of a failure', () => {
    expect(describeChanged({ kind: 'done', ms: 3_140 })).to.equal('Done, after 3.1 s');
    expect(describeChanged({ kind: 'refused', problem: 'another change is running' })).to.equal(
      'another change is running',
    );
    expect(describeChanged({ kind: 'failed', problem: 'it died', ms: 1 })).to.equal('Failed: it died');
  });
});
