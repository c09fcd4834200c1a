import { ringFrom } from './assignment.ts';
import { isLive, type Member } from './member.ts';

/** The aggregators as last read from the database. A value: `takeRoster` returns the next one. */
export type Roster = {
  members: readonly Member[];
  databaseNow: number; // the database's time of the read, in milliseconds
  refreshedAt: number; // when it was read, on the monotonic clock, in milliseconds
  graceUntil: number; // no member counts as dead before this time on the monotonic clock
};

/** The roster before the first refresh. */
export const noRoster: Roster = {
  members: [],
  databaseNow: 0,
  refreshedAt: Number.NEGATIVE_INFINITY,
  graceUntil: Number.POSITIVE_INFINITY,
};

/**
 * Returns the roster after a refresh from the aggregators' documents. A grace period of one lease starts at the first
 * refresh, and after the database or this process was away. During it no member counts as dead, because no member could
 * renew its lease.
 */
export const takeRoster = (
  former: Roster,
  members: readonly Member[],
  databaseNow: number,
  now: number,
  leaseMs: number,
): Roster => {
  const wasAway = now - former.refreshedAt > leaseMs;
  return { members, databaseNow, refreshedAt: now, graceUntil: wasAway ? now + leaseMs : former.graceUntil };
};

/** Returns the members whose lease has not expired. While the database is unreachable, the result does not change. */
export const liveMembers = ({ members, databaseNow, refreshedAt, graceUntil }: Roster, leaseMs: number): Member[] =>
  refreshedAt < graceUntil ? [...members] : members.filter((member) => isLive(member, databaseNow, leaseMs));

/** Returns the sorted names that partitions are assigned to: the live members that are not leaving. */
export const ringOf = (live: readonly Member[]): string[] =>
  live
    .filter(({ state }) => state !== 'leaving')
    .map(({ name }) => name)
    .sort();

/**
 * Returns the members that serve a partition, in the order in which they are asked: the ring from its owner on, then
 * those that are leaving. The first one also saves its snapshots.
 */
export const serversOf = (live: readonly Member[], ring: readonly string[], partition: number): string[] => {
  const serving = live.filter(({ partitions }) => partitions.includes(partition)).map(({ name }) => name);
  const inRing = ringFrom(ring, partition).filter((name) => serving.includes(name));
  return [...inRing, ...serving.filter((name) => !ring.includes(name)).sort()];
};

/**
 * Whether a member's lease expired while another member renewed its own. If no other member renewed its lease, the
 * database was unreachable, and leases mean nothing.
 */
export const wasAwayAlone = ({ members, databaseNow }: Roster, name: string, leaseMs: number): boolean => {
  const own = members.find((member) => member.name === name);
  if (!own || isLive(own, databaseNow, leaseMs)) return false;
  const expiredAt = own.heartbeatAt + leaseMs;
  return members.some(
    (other) => other.name !== name && isLive(other, databaseNow, leaseMs) && other.steadySince <= expiredAt,
  );
};
