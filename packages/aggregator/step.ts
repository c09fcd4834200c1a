import {
  documentStateOf,
  type Expired,
  type ExpiryReason,
  type FollowInput,
  type Input,
  type Joining,
  type Leaving,
  type Lifecycle,
  type Member,
  maySave,
  ownedOf,
  type Step,
  servedOf,
  unchanged,
} from './lifecycle.ts';
import { isSameSet, type Numbers } from './numbers.ts';
import { stepInService } from './step-in-service.ts';
import { rescan, stepRescanning, stepResuming } from './step-restoring.ts';

/** The first step: join as the first incarnation. */
export const beginLifecycle = (): Step => joinAnew(0);

/**
 * Returns the lifecycle after an input, and the due work in order. Pure and total: an input that the phase does not
 * expect changes nothing.
 */
export const step = (lifecycle: Lifecycle, input: Input): Step => {
  const next = stepPhase(lifecycle, input);
  const owned = ownedOf(next.lifecycle);
  if (isSameSet(owned, ownedOf(lifecycle))) return next;
  return { ...next, due: [...next.due, { do: 'own', partitions: owned }] };
};

const stepPhase = (lifecycle: Lifecycle, input: Input): Step => {
  switch (lifecycle.phase) {
    case 'joining':
      return stepJoining(lifecycle, input);
    case 'resuming':
    case 'rescanning':
    case 'rebalancing':
    case 'serving':
      return stepMember(lifecycle, input);
    case 'leaving':
      return stepLeaving(lifecycle, input);
    case 'expired':
      return stepExpired(lifecycle, input);
  }
};

const stepJoining = (joining: Joining, input: Input): Step => {
  if (input.kind === 'leaseExpired' || input.kind === 'logReplaced') return expire(joining, input.kind);
  if (input.kind === 'stopAsked' || input.kind === 'fatal') return endWork(joining, []);
  if (input.kind !== 'joined' || input.order !== joining.order) return unchanged(joining);
  const { partitions, first } = input;
  const order = joining.order + 1;
  return {
    lifecycle: {
      ...{ phase: 'resuming', order, partitions, first, restore: order },
      ...{ stream: undefined, awaits: undefined, failures: 0 },
    },
    due: [
      { do: 'hold', partitions },
      { do: 'restore', order, partitions, mode: 'resume', failures: 0 },
    ],
  };
};

const stepMember = (member: Member, input: Input): Step => {
  switch (input.kind) {
    case 'leaseExpired':
    case 'logReplaced':
      return expire(member, input.kind);
    case 'fatal':
      return endWork(member, []);
    case 'stopAsked':
      return documentStateOf(member) === 'serving' ? beginHandOver(member) : endWork(member, []);
    case 'joined':
    case 'handedOver':
    case 'ended':
      return unchanged(member);
    default:
      return stepFollowing(member, input);
  }
};

/** Handles inputs of the change stream and the partitions, also while the aggregator hands over. */
const stepFollowing = (member: Member, input: FollowInput | { kind: 'snapshotDue' }): Step<Member> => {
  if (input.kind === 'snapshotDue')
    return { lifecycle: member, due: maySave(member) ? [{ do: 'save', partitions: ownedOf(member) }] : [] };
  if ('order' in input && !ordersOf(member).includes(input.order)) return unchanged(member);
  if (input.kind === 'placeLost' || input.kind === 'deaf')
    return rescan(member, member.phase === 'rescanning' ? member.failures + 1 : 0);
  if (input.kind === 'broken') return unchanged(withBrokenStream(member));
  switch (member.phase) {
    case 'resuming':
      return stepResuming(member, input);
    case 'rescanning':
      return stepRescanning(member, input);
    case 'rebalancing':
    case 'serving':
      return stepInService(member, input);
  }
};

/** The orders that are not answered yet. An answer to any other order is stale. */
const ordersOf = (member: Member): (number | undefined)[] => {
  const { stream } = member;
  const restore = 'restore' in member ? member.restore : undefined;
  return [stream?.order, restore, member.phase === 'rebalancing' ? member.background?.order : undefined];
};

// a stream that was never open stays `opening`
const withBrokenStream = (member: Member): Member =>
  member.stream?.state === 'open' ? { ...member, stream: { ...member.stream, state: 'broken' } } : member;

const beginHandOver = (after: Member): Step => ({
  lifecycle: { phase: 'leaving', stage: 'handingOver', order: after.order, after },
  due: [{ do: 'beat' }, { do: 'handOver' }],
});

const stepLeaving = (leaving: Leaving, input: Input): Step => {
  switch (leaving.stage) {
    case 'handingOver':
      return stepHandingOver(leaving, input);
    case 'ending':
      if (input.kind !== 'ended' || input.order !== leaving.order) return unchanged(leaving);
      return { lifecycle: { ...leaving, stage: 'left' }, due: [{ do: 'leave', save: leaving.owned }] };
    case 'left':
      return unchanged(leaving);
  }
};

const stepHandingOver = (leaving: Extract<Leaving, { stage: 'handingOver' }>, input: Input): Step => {
  const { after } = leaving;
  switch (input.kind) {
    case 'handedOver':
      return endWork(after, maySave(after) ? ownedAtEnd(after, input.first, input.unsaved) : []);
    case 'leaseExpired':
    case 'logReplaced':
    case 'fatal':
      return endWork(after, []);
    case 'membersChanged': // until it leaves it serves the same partitions
    case 'stopAsked':
    case 'joined':
    case 'ended':
      return unchanged(leaving);
    default: {
      const { lifecycle, due } = stepFollowing(after, input);
      return { lifecycle: { ...leaving, order: lifecycle.order, after: lifecycle }, due };
    }
  }
};

// When several stop at once, each may believe that another one is the first. So each saves what may be unsaved. This is
// safe because a write never replaces a newer version.
const ownedAtEnd = (after: Member, first: Numbers, unsaved: Numbers): Numbers =>
  servedOf(after).filter((partition) => first.includes(partition) || unsaved.includes(partition));

const stepExpired = (expired: Expired, input: Input): Step => {
  const { order } = expired;
  if (input.kind === 'stopAsked' || input.kind === 'fatal')
    // the order to end its work is given already
    return unchanged({ phase: 'leaving', stage: 'ending', order, owned: [] });
  return input.kind === 'ended' && input.order === order ? joinAnew(order) : unchanged(expired);
};

const joinAnew = (former: number): Step => {
  const order = former + 1;
  return {
    lifecycle: { phase: 'joining', order },
    due: [{ do: 'beginMembership' }, { do: 'greetAnew' }, { do: 'join', order }],
  };
};

const expire = (former: Lifecycle, reason: ExpiryReason): Step => {
  const order = former.order + 1;
  return { lifecycle: { phase: 'expired', order }, due: [{ do: 'expire', order, reason }] };
};

const endWork = (former: Lifecycle, owned: Numbers): Step => {
  const order = former.order + 1;
  return { lifecycle: { phase: 'leaving', stage: 'ending', order, owned }, due: [{ do: 'endWork', order }] };
};
