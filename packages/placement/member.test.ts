import { expect } from 'chai';
import { isLive, isServing, memberOf } from './member.ts';

const leaseMs = 3_000;
const document = {
  ...{ _id: 'aggregator-0', incarnation: '3f2a', address: 'host:1', state: 'serving' as const },
  ...{ partitions: [0, 1], warming: [2], heartbeatAt: new Date(10_000), steadySince: new Date(4_000) },
};

describe('A member', () => {
  it('has the values of its document, with times in milliseconds', () =>
    expect(memberOf(document)).to.deep.equal({
      ...{ name: 'aggregator-0', incarnation: '3f2a', address: 'host:1', state: 'serving' },
      ...{ partitions: [0, 1], warming: [2], heartbeatAt: 10_000, steadySince: 4_000 },
    }));

  it('of an older program restores no partitions, and is steady since its last heartbeat', () => {
    const { warming: _, steadySince: __, ...older } = document;
    expect(memberOf(older)).to.deep.include({ warming: [], steadySince: 10_000 });
  });

  it('is live until its last heartbeat is older than a lease', () => {
    expect(isLive(memberOf(document), 13_000, leaseMs)).to.equal(true);
    expect(isLive(memberOf(document), 13_001, leaseMs)).to.equal(false);
  });

  it('serves while it is live and neither restores nor leaves', () => {
    expect(isServing(memberOf(document), 13_000, leaseMs)).to.equal(true);
    expect(isServing(memberOf(document), 13_001, leaseMs)).to.equal(false);
    expect(isServing(memberOf({ ...document, state: 'restoring' }), 10_000, leaseMs)).to.equal(false);
    expect(isServing(memberOf({ ...document, state: 'leaving' }), 10_000, leaseMs)).to.equal(false);
  });
});
