import { isLive, liveMembers, type Member, memberOf, ringOf, takeRoster, wasAwayAlone } from '@muster/placement';
import {
  beatHeart,
  type Cluster,
  joinMembers,
  listMembers,
  logIdOf,
  type OwnDocument,
  readCluster,
} from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { beginAnew, nextBeat } from './heart.ts';
import { documentStateOf } from './lifecycle.ts';
import type { Membership } from './open-membership.ts';

type Mutable = { -readonly [Key in keyof Membership]: Membership[Key] };

const changing = (membership: Membership) => membership as Mutable;

/**
 * Another process uses this aggregator's name. Final: with retries, each would take the name from the other for ever.
 */
export class NameTaken extends Error {
  override name = 'NameTaken';
  readonly exitCode = 2;
}

const settleMs = 400;

/** Begins a membership as a new incarnation. No state of a former membership may be in memory. */
export const beginMembership = ({ heart, log, membership }: Aggregator): void => {
  beginAnew(heart);
  changing(membership).renewedAt = 0;
  changing(membership).log = logIdOf(log);
};

/** Ends the membership: this aggregator is no longer a member and stops renewing its lease. */
export const endMembership = ({ membership }: Aggregator): void => {
  changing(membership).renewedAt = 0;
};

export const isMember = ({ membership }: Aggregator): boolean => membership.renewedAt > 0;

/**
 * Becomes a member and reads the members list. Throws when the database does not answer. A second try joins as the same
 * incarnation.
 */
export const join = async (aggregator: Aggregator): Promise<void> => {
  const { heart, log, membership, settings } = aggregator;
  const former = (await listMembers(log, deadlineOf(aggregator))).find(({ _id }) => _id === heart.name);
  const servedAll = former?.partitions.length === settings.PARTITIONS;
  const askedAt = performance.now();
  await joinMembers(log, ownDocument(aggregator), deadlineOf(aggregator));
  changing(membership).renewedAt = askedAt;
  await refreshRoster(aggregator);
  if (others(aggregator).length > 0 || servedAll) return;
  // when several start at once, the first must not take all partitions, unless it had them all before
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  await refreshRoster(aggregator);
};

/**
 * Renews the lease with a heartbeat that also states this aggregator's state and partitions. Returns `expired` when the
 * lease had expired while other members renewed theirs, or when the member document is gone. Throws NameTaken, and when
 * the database does not answer.
 */
export const beat = async (aggregator: Aggregator): Promise<'renewed' | 'expired'> => {
  const { course, heart, log, membership, settings } = aggregator;
  const { incarnation } = heart;
  const isLate = performance.now() - membership.renewedAt > settings.LEASE_MS;
  if (isLate) await refreshRoster(aggregator);
  if (heart.incarnation !== incarnation) return 'renewed'; // this membership ended during the wait
  const isLeaving = documentStateOf(course.lifecycle) === 'leaving';
  if (isLate && !isLeaving && wasAwayAlone(membership.roster, heart.name, settings.LEASE_MS)) return 'expired';
  const askedAt = performance.now();
  const isRenewed = await beatHeart(log, ownDocument(aggregator), isLate, deadlineOf(aggregator));
  // the membership changed during the write: its result concerns the former one
  if (heart.incarnation !== incarnation || !isMember(aggregator)) return 'renewed';
  if (!isRenewed) return judgeLoss(aggregator);
  changing(membership).renewedAt = askedAt;
  return 'renewed';
};

/** Reads the members list and the settings. Throws when the database does not answer. */
export const readOwnCluster = (aggregator: Aggregator): Promise<Cluster> =>
  readCluster(aggregator.log, aggregator.membership.clock, deadlineOf(aggregator));

/** Takes over the members list, unless a newer one was taken meanwhile. */
export const takeCluster = (
  { membership, settings }: Aggregator,
  { members, databaseNow, askedAt }: Omit<Cluster, 'settings'>,
): void => {
  const { roster } = membership;
  if (askedAt > roster.refreshedAt)
    changing(membership).roster = takeRoster(roster, members.map(memberOf), databaseNow, askedAt, settings.LEASE_MS);
};

/** Refreshes the members list. Throws when the database does not answer. */
export const refreshRoster = async (aggregator: Aggregator): Promise<void> =>
  takeCluster(aggregator, await readOwnCluster(aggregator));

/**
 * Whether this member has renewed its lease. This is stricter than `live`: after an outage of the database, members
 * count as live for one lease before they have renewed it.
 */
export const isFresh = ({ membership, settings }: Aggregator, member: Member): boolean =>
  isLive(member, membership.roster.databaseNow, settings.LEASE_MS);

// three tries fit into a lease
const deadlineOf = ({ settings }: Aggregator) => Math.min(1_000, settings.LEASE_MS / 3);

/** Whether the lease is valid as far as this process can know. Only then may it save. */
export const holdsLease = ({ membership, settings }: Aggregator): boolean =>
  performance.now() - membership.renewedAt < settings.LEASE_MS;

/** The live members, including this one with its current partitions. */
export const liveWithSelf = (aggregator: Aggregator): Member[] => [...others(aggregator), self(aggregator)];

/** The names of the members among which the partitions are distributed. */
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

/** Finds out why the renewal failed: the document is gone (the collection was dropped), or another process owns it. */
const judgeLoss = async (aggregator: Aggregator): Promise<'expired'> => {
  const { heart, log } = aggregator;
  const found = (await listMembers(log, deadlineOf(aggregator))).find(({ _id }) => _id === heart.name);
  if (!found || found.incarnation === heart.incarnation) return 'expired';
  throw new NameTaken(
    `Cannot go on as aggregator "${heart.name}": another process uses this name now. It listens at ` +
      `${found.address} and was started at ${found.startedAt.toISOString()}. ` +
      'Stop one of the two, or set a different AGGREGATOR_NAME for each',
  );
};
