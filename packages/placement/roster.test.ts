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
  const first = takeRoster(noRoster, [member('a', 10_000), member('b', 10_000)], 10_100, 0, leaseMs);
  const after = (ms: number, members: Member[]) => takeRoster(first, members, 10_100 + ms, ms, leaseMs);
  const steady = (members: Member[]) =>
    [1_000, 2_000, 3_000].reduce((roster, now) => takeRoster(roster, members, 10_100 + now, now, leaseMs), first);

  it('counts no member as dead for one lease after the first refresh', () => {
    const started = takeRoster(noRoster, [member('a', 0)], 100_000, 50, leaseMs);
    expect(namesOf(liveMembers(started, leaseMs))).to.deep.equal(['a']);
    const later = takeRoster(started, [member('a', 0)], 103_000, 3_050, leaseMs);
    expect(namesOf(liveMembers(later, leaseMs))).to.deep.equal([]);
  });

  it("excludes members only when their lease has expired on the database's clock", () => {
    const before = [member('a', 10_100), member('b', 13_000)];
    expect(namesOf(liveMembers(steady(before), leaseMs))).to.deep.equal(['a', 'b']);
    const expired = [member('a', 10_099), member('b', 13_000)];
    expect(namesOf(liveMembers(steady(expired), leaseMs))).to.deep.equal(['b']);
  });

  it('counts no member as dead for one lease after the database was away', () => {
    const back = after(60_000, [member('a', 10_000), member('b', 10_000)]);
    expect(namesOf(liveMembers(back, leaseMs))).to.deep.equal(['a', 'b']);
    const later = takeRoster(back, [member('a', 72_000), member('b', 10_000)], 73_100, 63_000, leaseMs);
    expect(namesOf(liveMembers(later, leaseMs))).to.deep.equal(['a']);
  });

  it('assigns nothing to leaving members, although they are live', () => {
    const roster = after(1_000, [member('b', 11_000), member('a', 11_000), member('c', 11_000, { state: 'leaving' })]);
    expect(namesOf(liveMembers(roster, leaseMs))).to.deep.equal(['b', 'a', 'c']);
    expect(ringOf(liveMembers(roster, leaseMs))).to.deep.equal(['a', 'b']);
  });
});

describe('A member whose lease has expired', () => {
  const at = (databaseNow: number, ...members: Member[]) => takeRoster(noRoster, members, databaseNow, 0, leaseMs);

  it('was away alone when another member renewed its lease meanwhile', () => {
    expect(wasAwayAlone(at(60_000, member('a', 10_000), member('b', 59_500)), 'a', leaseMs)).to.equal(true);
  });

  it('was not away alone when the other leases expired, too: the database was away', () => {
    expect(
      wasAwayAlone(at(60_000, member('a', 10_000), member('b', 59_500, { steadySince: 59_000 })), 'a', leaseMs),
    ).to.equal(false);
    expect(wasAwayAlone(at(60_000, member('a', 10_000), member('b', 10_500)), 'a', leaseMs)).to.equal(false);
    expect(wasAwayAlone(at(60_000, member('a', 10_000)), 'a', leaseMs)).to.equal(false);
  });

  it('was not away while its lease is valid', () => {
    expect(wasAwayAlone(at(12_900, member('a', 10_000), member('b', 12_500)), 'a', leaseMs)).to.equal(false);
  });
});
