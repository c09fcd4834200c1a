import { expect } from 'chai';
import { parseListenDrops } from './read-listen-drops.ts';

describe('The connections that the system dropped', () => {
  it('are read from their column', () =>
    expect(
      parseListenDrops('TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 22 33\nIpExt: A\nIpExt: 4\n'),
    ).to.equal(33));
  it('are not a number when there is no such column', () =>
    expect(parseListenDrops('TcpExt: SyncookiesSent\nTcpExt: 1\n')).to.be.NaN);
});
