import { isLive, liveMembers, type Member, memberOf, ringOf, takeRoster, wasAwayAlone } from '@muster/placement';
import {
  beatHeart,
  databaseNow,
  joinMembers,
  listMembers,
  logIdOf,
  measureClock,
  type OwnDocument,
} from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { beginAnew, nextBeat } from './heart.ts';
import { documentStateOf } from './lifecycle.ts';
import type { Membership } from './open-membership.ts';

type Mutable = { -readonly [Key in keyof Membership]: Membership[Key] };

const changing = (membership: Membership) => membership as Mutable;

/** Another process took this one's name. Final: the two would take it from each other for ever. */
export class NameTaken extends Error {
  override name = 'NameTaken';
  readonly exitCode = 2;
}

const settleMs = 400;

/** Begins a membership with another incarnation. Nothing of a former one may be in memory any more. */
export const beginMembership = ({ heart, log, membership }: Aggregator): void => {
  beginAnew(heart);
  changing(membership).renewedAt = 0;
  changing(membership).log = logIdOf(log);
};

/** This aggregator is no member any more, and renews nothing. */
export const endMembership = ({ membership }: Aggregator): void => {
  changing(membership).renewedAt = 0;
};

export const isMember = ({ membership }: Aggregator): boolean => membership.renewedAt > 0;

/**
 * Becomes a member, and reads who else there is. Throws when the database does not answer; a second try joins as the
 * same incarnation.
 */
export const join = async (aggregator: Aggregator): Promise<void> => {
  const { log, membership } = aggregator;
  const askedAt = performance.now();
  await joinMembers(log, ownDocument(aggregator), deadlineOf(aggregator));
  changing(membership).renewedAt = askedAt;
  await refreshRoster(aggregator);
  if (others(aggregator).length > 0) return;
  await new Promise((resolve) => setTimeout(resolve, settleMs)); // several start at once: the first is not to take all
  await refreshRoster(aggregator);
};

/**
 * Renews the lease by a heartbeat that says where this aggregator stands. Returns `expired` when the lease had expired
 * while others went on, or the document is gone. Throws when the database does not answer, and NameTaken.
 */
export const beat = async (aggregator: Aggregator): Promise<'renewed' | 'expired'> => {
  const { course, heart, log, membership, settings } = aggregator;
  const { incarnation } = heart;
  const isLate = performance.now() - membership.renewedAt > settings.LEASE_MS;
  if (isLate) await refreshRoster(aggregator);
  if (heart.incarnation !== incarnation) return 'renewed'; // the membership has ended meanwhile
  const isLeaving = documentStateOf(course.lifecycle) === 'leaving';
  if (isLate && !isLeaving && wasAwayAlone(membership.roster, heart.name, settings.LEASE_MS)) return 'expired';
  const askedAt = performance.now();
  const isRenewed = await beatHeart(log, ownDocument(aggregator), isLate, deadlineOf(aggregator));
  // what came of a former membership's heartbeat says nothing of this one
  if (heart.incarnation !== incarnation || !isMember(aggregator)) return 'renewed';
  if (!isRenewed) return judgeLoss(aggregator);
  changing(membership).renewedAt = askedAt;
  return 'renewed';
};

/** Refreshes the members list. Throws when the database does not answer. */
export const refreshRoster = async (aggregator: Aggregator): Promise<void> => {
  const { log, membership, settings } = aggregator;
  await measureClock(log, membership.clock, deadlineOf(aggregator));
  // a process that is paused before it reads the answer must not find the others old
  const [askedAt, databaseAt] = [performance.now(), databaseNow(membership.clock).getTime()];
  const members = (await listMembers(log, deadlineOf(aggregator))).map(memberOf);
  if (askedAt > membership.roster.refreshedAt)
    changing(membership).roster = takeRoster(membership.roster, members, databaseAt, askedAt, settings.LEASE_MS);
};

/**
 * Whether a live member has renewed its lease. After the database was away, members count as live for one lease even if
 * they have not.
 */
export const isFresh = ({ membership, settings }: Aggregator, member: Member): boolean =>
  isLive(member, membership.roster.databaseNow, settings.LEASE_MS);

// three tries fit into a lease
const deadlineOf = ({ settings }: Aggregator) => Math.min(1_000, settings.LEASE_MS / 3);

/** Whether the lease is held as far as this process can know: only then it saves. */
export const holdsLease = ({ membership, settings }: Aggregator): boolean =>
  performance.now() - membership.renewedAt < settings.LEASE_MS;

/** The live members; this one as it knows itself to be. */
export const liveWithSelf = (aggregator: Aggregator): Member[] => [...others(aggregator), self(aggregator)];

/** The names that partitions are given to. */
export const currentRing = (aggregator: Aggregator): string[] => ringOf(liveWithSelf(aggregator));

/** The other live members. */
export const others = ({ heart, membership, settings }: Aggregator): Member[] =>
  liveMembers(membership.roster, settings.LEASE_MS).filter(({ name }) => name !== heart.name);

const self = (aggregator: Aggregator): Member => {
  const { address, incarnation, partitions, warming, state, _id } = standing(aggregator);
  return { name: _id, incarnation, address, state, partitions, warming, heartbeatAt: 0, steadySince: 0 };
};

const ownDocument = (aggregator: Aggregator): OwnDocument => ({
  ...standing(aggregator),
  beat: nextBeat(aggregator.heart),
});

const standing = ({ course, heart, membership, progress, table }: Aggregator): Omit<OwnDocument, 'beat'> => {
  const { address, healthPort, startedAt } = progress;
  const state = documentStateOf(course.lifecycle);
  const held = [...table.values()];
  const numbersOf = (isWanted: (partition: (typeof held)[number]) => boolean) =>
    held.filter(isWanted).map(({ number }) => number);
  return {
    ...{ _id: heart.name, incarnation: heart.incarnation, log: membership.log, startedAt, address, healthPort, state },
    partitions: numbersOf(({ served }) => served),
    warming: numbersOf(({ served }) => !served),
  };
};

/** The document is gone, as after a drop of the collection, or another process has it. */
const judgeLoss = async (aggregator: Aggregator): Promise<'expired'> => {
  const { heart, log } = aggregator;
  const found = (await listMembers(log, deadlineOf(aggregator))).find(({ _id }) => _id === heart.name);
  if (!found || found.incarnation === heart.incarnation) return 'expired';
  throw new NameTaken(
    `Cannot go on as aggregator "${heart.name}": a process at ${found.address}, ` +
      `started ${found.startedAt.toISOString()}, has this name now; ` +
      'stop one of them, or give each an AGGREGATOR_NAME of its own',
  );
};
