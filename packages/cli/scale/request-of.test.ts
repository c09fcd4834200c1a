import { expect } from 'chai';
import { requestOf } from './request-of.ts';

describe('The words of scale', () => {
  it('without any ask for a look', () => expect(requestOf({})).to.deep.equal({ kind: 'look' }));

  it('with numbers ask for so many processes', () =>
    expect(requestOf({ aggregators: 5, gateways: 2, within: 60 })).to.deep.equal({
      kind: 'change',
      request: { kind: 'scale', aggregators: 5, gateways: 2, withinMs: 60_000 },
    }));

  it('with --restart ask for a rolling one, with settings', () =>
    expect(
      requestOf({ restart: true, only: 'gateway-1', set: ['SNAPSHOT_EVERY=50', 'LOG_LEVEL=a=b', 'X='] }),
    ).to.deep.equal({
      kind: 'change',
      request: { kind: 'restart', only: 'gateway-1', settings: { SNAPSHOT_EVERY: '50', LOG_LEVEL: 'a=b', X: '' } },
    }));

  it('that contradict each other are a problem', () => {
    expect(requestOf({ aggregators: 5, restart: true })).to.include({ kind: 'problem' });
    expect(requestOf({ aggregators: 5, set: ['A=1'] })).to.include({ kind: 'problem' });
    expect(requestOf({ only: 'gateways' })).to.include({ kind: 'problem' });
  });

  it('that set nothing are a problem', () =>
    expect(requestOf({ restart: true, set: ['SNAPSHOT_EVERY'] })).to.deep.equal({
      kind: 'problem',
      problem: '--set SNAPSHOT_EVERY: expected NAME=VALUE',
    }));
});
