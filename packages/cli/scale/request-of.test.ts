import { expect } from 'chai';
import { requestOf } from './request-of.ts';

describe('The arguments of scale', () => {
  it('request the status when there are none', () => expect(requestOf({})).to.deep.equal({ kind: 'look' }));

  it('request the numbers of processes', () =>
    expect(requestOf({ aggregators: 5, gateways: 2, within: 60 })).to.deep.equal({
      kind: 'change',
      request: { kind: 'scale', aggregators: 5, gateways: 2, withinMs: 60_000 },
    }));

  it('request a rolling restart with settings for --restart', () =>
    expect(
      requestOf({ restart: true, only: 'gateway-1', set: ['SNAPSHOT_EVERY=50', 'LOG_LEVEL=a=b', 'X='] }),
    ).to.deep.equal({
      kind: 'change',
      request: { kind: 'restart', only: 'gateway-1', settings: { SNAPSHOT_EVERY: '50', LOG_LEVEL: 'a=b', X: '' } },
    }));

  it('are a problem when they contradict each other', () => {
    expect(requestOf({ aggregators: 5, restart: true })).to.include({ kind: 'problem' });
    expect(requestOf({ aggregators: 5, set: ['A=1'] })).to.include({ kind: 'problem' });
    expect(requestOf({ only: 'gateways' })).to.include({ kind: 'problem' });
  });

  it('are a problem when --set has no value', () =>
    expect(requestOf({ restart: true, set: ['SNAPSHOT_EVERY'] })).to.deep.equal({
      kind: 'problem',
      problem: '--set SNAPSHOT_EVERY: expected NAME=VALUE',
    }));
});
