import type { Member } from '@muster/placement';
import { expect } from 'chai';
import { byNumber, describePartitions, judgeCopies } from './judge-copies.ts';

const databaseNow = Date.parse('2026-01-31T12:00:00Z');
const rule = { copies: 2, leaseMs: 3_000 };

const member = (name: string, partitions: number[], more: Partial<Member> = {}): Member => ({
  ...{ name, incarnation: 'i', address: 'host:1', partitions, state: 'serving', warming: [] },
  ...{ heartbeatAt: databaseNow - 800, steadySince: 0 },
  ...more,
});

const judge = (members: Member[], names: string[] = []) =>
  judgeCopies({ databaseNow, partitions: 4, members }, rule, names);

const late = { heartbeatAt: databaseNow - 3_001 };

describe('Copies', () => {
  it('are complete when every partition is served by the wanted number', () => {
    const { live, wanted, replicas, missing } = judge(
      [member('a', [0, 1, 2]), member('b', [2, 3, 0]), member('c', [1, 3])],
      ['a', 'b', 'c'],
    );
    expect({ live, wanted, missing }).to.deep.equal({ live: ['a', 'b', 'c'], wanted: 2, missing: [] });
    expect(replicas).to.deep.equal([
      ['a', 'b'],
      ['a', 'c'],
      ['a', 'b'],
      ['b', 'c'],
    ]);
  });

  it('are complete with one copy when there is only one aggregator', () =>
    expect(judge([member('a', [0, 1, 2, 3])]).missing).to.deep.equal([]));

  it('are missing when fewer aggregators serve a partition than could', () =>
    expect(judge([member('a', [0, 1, 2]), member('b', [2])]).missing).to.deep.equal([
      'partition 3 has no replica, expected 2',
      'partitions 0-1 have 1 replica, expected 2',
    ]));

  it('do not count on an aggregator whose lease has expired', () => {
    const { live, missing } = judge([member('a', [0, 1, 2, 3]), member('b', [0, 1, 2, 3], late)], ['a', 'b']);
    expect({ live, missing }).to.deep.equal({ live: ['a'], missing: ['b has not renewed its lease'] });
  });

  it('still count when the heartbeat is exactly as old as a lease, as for gateways and aggregators', () =>
    expect(judge([member('a', [0, 1, 2, 3], { heartbeatAt: databaseNow - 3_000 })]).live).to.deep.equal(['a']));

  it('do not count on an aggregator that restores or leaves', () => {
    const { live, missing } = judge(
      [member('a', [0, 1, 2, 3]), member('b', [], { state: 'restoring' }), member('c', [0, 1], { state: 'leaving' })],
      ['a', 'b'],
    );
    expect({ live, missing }).to.deep.equal({ live: ['a'], missing: ['b is restoring'] });
  });

  it('are not complete while a named aggregator still restores partitions', () => {
    const members = [member('a', [0, 1, 2, 3]), member('b', [0, 1, 2, 3], { warming: [1, 2, 0] })];
    expect(judge(members, ['b']).missing).to.deep.equal(['b is still restoring partitions 0-2']);
    expect(judge(members, ['a']).missing).to.deep.equal([]);
  });

  it('are missing when a named aggregator has not written its document yet', () =>
    expect(judge([member('a', [0, 1, 2, 3])], ['a', 'b']).missing).to.deep.equal(['b has not joined']));

  it('are missing for every partition when no aggregator is live', () =>
    expect(judge([]).missing).to.deep.equal(['partitions 0-3 have no replica, expected 1']));
});

describe('The list of partitions', () => {
  it('has ranges, in order', () => expect(describePartitions([9, 0, 1, 2, 7, 10])).to.equal('0-2, 7, 9-10'));
  it('may be empty', () => expect(describePartitions([])).to.equal(''));
});

describe('Names', () => {
  it('are sorted by their numbers', () =>
    expect(['aggregator-10', 'gateway', 'aggregator-2'].sort(byNumber)).to.deep.equal([
      'aggregator-2',
      'aggregator-10',
      'gateway',
    ]));
});
