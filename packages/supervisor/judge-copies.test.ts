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
  it('are full when every partition is served by as many as there shall be', () => {
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

  it('are full with one, where one is all there is', () =>
    expect(judge([member('a', [0, 1, 2, 3])]).missing).to.deep.equal([]));

  it('are missing where fewer serve than could', () =>
    expect(judge([member('a', [0, 1, 2]), member('b', [2])]).missing).to.deep.equal([
      'partition 3 is held by none instead of 2',
      'partitions 0-1 are held by 1 instead of 2',
    ]));

  it('of one whose heartbeat is old do not count', () => {
    const { live, missing } = judge([member('a', [0, 1, 2, 3]), member('b', [0, 1, 2, 3], late)], ['a', 'b']);
    expect({ live, missing }).to.deep.equal({ live: ['a'], missing: ['b gives no sign of life'] });
  });

  it('of one whose heartbeat is exactly as old as a lease still count, as they do for gateways and aggregators', () =>
    expect(judge([member('a', [0, 1, 2, 3], { heartbeatAt: databaseNow - 3_000 })]).live).to.deep.equal(['a']));

  it('of one that restores or leaves do not count', () => {
    const { live, missing } = judge(
      [member('a', [0, 1, 2, 3]), member('b', [], { state: 'restoring' }), member('c', [0, 1], { state: 'leaving' })],
      ['a', 'b'],
    );
    expect({ live, missing }).to.deep.equal({ live: ['a'], missing: ['b is restoring'] });
  });

  it('are not at rest while one that is asked about still loads', () => {
    const members = [member('a', [0, 1, 2, 3]), member('b', [0, 1, 2, 3], { warming: [1, 2, 0] })];
    expect(judge(members, ['b']).missing).to.deep.equal(['b still loads partitions 0-2']);
    expect(judge(members, ['a']).missing).to.deep.equal([]);
  });

  it('of one that has not written its document yet are missing', () =>
    expect(judge([member('a', [0, 1, 2, 3])], ['a', 'b']).missing).to.deep.equal(['b has not joined']));

  it('are held by none where nobody lives', () =>
    expect(judge([]).missing).to.deep.equal(['partitions 0-3 are held by none instead of 1']));
});

describe('Partitions in words', () => {
  it('are ranges, in order', () => expect(describePartitions([9, 0, 1, 2, 7, 10])).to.equal('0-2, 7, 9-10'));
  it('may be none', () => expect(describePartitions([])).to.equal(''));
});

describe('Names', () => {
  it('stand in the order of their numbers', () =>
    expect(['aggregator-10', 'gateway', 'aggregator-2'].sort(byNumber)).to.deep.equal([
      'aggregator-2',
      'aggregator-10',
      'gateway',
    ]));
});
