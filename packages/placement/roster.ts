import { ringFrom } from './assignment.ts';
import { isLive, type Member } from './member.ts';

/** The aggregators as they were read last. A value: `takeRoster` makes the next one. */
export type Roster = {
  members: readonly Member[];
  databaseNow: number; // when it was asked for, in milliseconds
  refreshedAt: number; // when it was asked for, on the monotonic clock, as the next one
  graceUntil: number; // no member counts as dead before
};

/** Before the first refresh. */
export const noRoster: Roster = {
  members: [],
  databaseNow: 0,
  refreshedAt: Number.NEGATIVE_INFINITY,
  graceUntil: Number.POSITIVE_INFINITY,
};

/**
 * The roster after a refresh from the aggregators' documents. No member counts as dead for one lease after the database
 * was away, after this process was away, and after the first refresh: no member could renew its lease.
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

/** The members whose lease has not expired. With the database away that stays as it was seen last. */
export const liveMembers = ({ members, databaseNow, refreshedAt, graceUntil }: Roster, leaseMs: number): Member[] =>
  refreshedAt < graceUntil ? [...members] : members.filter((member) => isLive(member, databaseNow, leaseMs));

/** The names that partitions are given to: of the live that do not leave. */
export const ringOf = (live: readonly Member[]): string[] =>
  live
    .filter(({ state }) => state !== 'leaving')
    .map(({ name }) => name)
    .sort();

/**
 * Who serves a partition, in the order in which they are asked: the ring from its owner on, then those that leave. The
 * first of them also saves it.
 */
export const serversOf = (live: readonly Member[], ring: readonly string[], partition: number): string[] => {
  const serving = live.filter(({ partitions }) => partitions.includes(partition)).map(({ name }) => name);
  const inRing = ringFrom(ring, partition).filter((name) => serving.includes(name));
  return [...inRing, ...serving.filter((name) => !ring.includes(name)).sort()];
};

/**
 * Whether a member with an expired lease was away alone: another member renewed its lease meanwhile. If no member did,
 * the database was away, and leases say nothing.
 */
export const wasAwayAlone = ({ members, databaseNow }: Roster, name: string, leaseMs: number): boolean => {
  const own = members.find((member) => member.name === name);
  if (!own || isLive(own, databaseNow, leaseMs)) return false;
  const expiredAt = own.heartbeatAt + leaseMs;
  return members.some(
    (other) => other.name !== name && isLive(other, databaseNow, leaseMs) && other.steadySince <= expiredAt,
  );
};
