import { expect } from 'chai';
import type { Member } from './member.ts';
import { liveMembers, noRoster, ringOf, takeRoster, wasAwayAlone } from './roster.ts';

const leaseMs = 3_000;
const member = (name: string, heartbeatAt: number, more: Partial<Member> = {}): Member => ({
  ...{ name, incarnation: 'i', address: 'a:1', state: 'serving', partitions: [], warming: [] },
  ...{ heartbeatAt, steadySince: 0 },
  ...more,
});
const namesOf = (members: readonly Member[]) => members.map(({ name }) => name);

describe('A roster', () => {
  const looked = takeRoster(noRoster, [member('a', 10_000), member('b', 10_000)], 10_100, 0, leaseMs);
  const after = (ms: number, members: Member[]) => takeRoster(looked, members, 10_100 + ms, ms, leaseMs);
  const steady = (members: Member[]) =>
    [1_000, 2_000, 3_000].reduce((roster, now) => takeRoster(roster, members, 10_100 + now, now, leaseMs), looked);

  it('counts nobody as dead for one lease after the first look', () => {
    const first = takeRoster(noRoster, [member('a', 0)], 100_000, 50, leaseMs);
    expect(namesOf(liveMembers(first, leaseMs))).to.deep.equal(['a']);
    const later = takeRoster(first, [member('a', 0)], 103_000, 3_050, leaseMs);
    expect(namesOf(liveMembers(later, leaseMs))).to.deep.equal([]);
  });

  it('leaves out whose lease has expired on the clock of the database, and not before', () => {
    const before = [member('a', 10_100), member('b', 13_000)];
    expect(namesOf(liveMembers(steady(before), leaseMs))).to.deep.equal(['a', 'b']);
    const expired = [member('a', 10_099), member('b', 13_000)];
    expect(namesOf(liveMembers(steady(expired), leaseMs))).to.deep.equal(['b']);
  });

  it('counts nobody as dead for one lease after the database was away', () => {
    const back = after(60_000, [member('a', 10_000), member('b', 10_000)]);
    expect(namesOf(liveMembers(back, leaseMs))).to.deep.equal(['a', 'b']);
    const later = takeRoster(back, [member('a', 72_000), member('b', 10_000)], 73_100, 63_000, leaseMs);
    expect(namesOf(liveMembers(later, leaseMs))).to.deep.equal(['a']);
  });

  it('gives nothing to those who leave, though they live', () => {
    const roster = after(1_000, [member('b', 11_000), member('a', 11_000), member('c', 11_000, { state: 'leaving' })]);
    expect(namesOf(liveMembers(roster, leaseMs))).to.deep.equal(['b', 'a', 'c']);
    expect(ringOf(liveMembers(roster, leaseMs))).to.deep.equal(['a', 'b']);
  });
});

describe('A member whose lease has expired', () => {
  const at = (databaseNow: number, ...members: Member[]) => takeRoster(noRoster, members, databaseNow, 0, leaseMs);

  it('was away alone when somebody went on renewing his meanwhile', () => {
    expect(wasAwayAlone(at(60_000, member('a', 10_000), member('b', 59_500)), 'a', leaseMs)).to.equal(true);
  });

  it('was not when the others come back from a gap as it does: the database was away', () => {
    expect(
      wasAwayAlone(at(60_000, member('a', 10_000), member('b', 59_500, { steadySince: 59_000 })), 'a', leaseMs),
    ).to.equal(false);
    expect(wasAwayAlone(at(60_000, member('a', 10_000), member('b', 10_500)), 'a', leaseMs)).to.equal(false);
    expect(wasAwayAlone(at(60_000, member('a', 10_000)), 'a', leaseMs)).to.equal(false);
  });

  it('has not expired within its lease', () => {
    expect(wasAwayAlone(at(12_900, member('a', 10_000), member('b', 12_500)), 'a', leaseMs)).to.equal(false);
  });
});
