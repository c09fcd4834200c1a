import {
  type Due,
  type FollowInput,
  type Member,
  orderStream,
  type Rebalancing,
  type RecoveryMode,
  type Serving,
  type Step,
  type Stream,
  unchanged,
} from './lifecycle.ts';
import { among, isSameSet, type Numbers, without } from './numbers.ts';

/** The step of a member that serves: it adds and drops partitions when the members change. */
export const stepInService = (member: Rebalancing | Serving, input: FollowInput): Step<Member> => {
  const all = rebalancing(member);
  const { stream, failures } = all;
  switch (input.kind) {
    case 'membersChanged':
      return rebalance(all, input);
    case 'opened':
      return settle({ ...all, stream: { ...stream, state: 'open' }, failures: all.background ? failures : 0 });
    case 'streamFailed':
      return reopen({ ...all, failures: failures + 1 }, []);
    case 'restored':
      return awaitBackground(all, input.partitions, input.nextBeat);
    case 'restoreFailed':
      return settle({ ...all, background: undefined, failures: failures + 1 });
    case 'heartbeatReturned':
      return serveBackground(all, input.number);
    case 'unplaced':
    case 'broken':
    case 'placeLost':
    case 'deaf':
      return unchanged(member);
  }
};

/**
 * Begins to serve all restored partitions. From now on the member adds and drops partitions when the members change.
 */
export const enterService = (
  { order, served, first, stream }: Pick<Serving, 'order' | 'served' | 'first' | 'stream'>,
  mode: RecoveryMode,
): Step<Member> => ({
  lifecycle: { phase: 'serving', order, served, first, stream, failures: 0 },
  due: [{ do: 'serve', partitions: served, mode }, { do: 'announce' }, { do: 'reconcile', partitions: served }],
});

/** The partitions that a member has in memory, served or not. */
export const heldBy = (member: Member): Numbers => {
  if (member.phase === 'resuming' || member.phase === 'rescanning') return member.partitions;
  return member.phase === 'serving' ? member.served : [...member.served, ...member.missing];
};

const rebalancing = (member: Rebalancing | Serving): Rebalancing =>
  member.phase === 'rebalancing' ? member : { ...member, phase: 'rebalancing', missing: [], background: undefined };

const rebalance = (
  member: Rebalancing,
  { wanted, surplus, first }: { wanted: Numbers; surplus: Numbers; first: Numbers },
): Step<Member> => {
  const { served, missing, background } = member;
  const added = without(wanted, heldBy(member));
  const dropped = without([...among(served, surplus), ...missing], wanted);
  return settle(
    {
      ...member,
      first,
      served: without(served, dropped),
      missing: [...without(missing, dropped), ...added],
      // a partition that is dropped and added again must be restored again
      background: background && { ...background, partitions: without(background.partitions, dropped) },
    },
    added.length + dropped.length > 0 ? [{ do: 'rebalance', added, dropped }] : [],
  );
};

/** These partitions are in memory. They are served when a heartbeat that is written from now on has come back. */
const awaitBackground = (member: Rebalancing, restored: Numbers, nextBeat: number): Step<Member> => {
  const { background, failures } = member;
  if (!background || background.awaits !== undefined) return settle(member);
  const partitions = among(background.partitions, restored);
  // the change stream brought more events than the buffer of pending events takes
  if (partitions.length === 0) return settle({ ...member, background: undefined, failures: failures + 1 });
  return {
    lifecycle: { ...member, background: { ...background, partitions, awaits: nextBeat } },
    due: [{ do: 'beat' }],
  };
};

const serveBackground = (member: Rebalancing, number: number): Step<Member> => {
  const { background, served, missing } = member;
  if (background?.awaits === undefined || number < background.awaits) return settle(member);
  const { partitions } = background;
  return settle(
    {
      ...{ ...member, background: undefined, failures: 0 },
      ...{ served: [...served, ...partitions], missing: without(missing, partitions) },
    },
    [{ do: 'serve', partitions, mode: 'rebalance' }, { do: 'beat' }, { do: 'reconcile', partitions }],
  );
};

/**
 * The next work of a serving member: first open the change stream on the partitions in memory, then restore the missing
 * ones. One restore runs at a time. A stream that is opening is not replaced: if the members kept changing, no stream
 * would ever open.
 */
const settle = (member: Rebalancing, due: readonly Due[] = []): Step<Member> => {
  const { background, missing, order, stream, failures } = member;
  if (stream.state === 'opening') return { lifecycle: member, due: [...due] };
  if (!isSameSet(stream.partitions, heldBy(member))) return reopen(member, due);
  if (missing.length === 0) return { lifecycle: servingOf(member), due: [...due] };
  if (background) return { lifecycle: member, due: [...due] };
  const next = { order: order + 1, partitions: missing };
  return {
    lifecycle: { ...member, order: next.order, background: { ...next, awaits: undefined } },
    due: [...due, { do: 'restore', ...next, mode: 'rebalance', failures }],
  };
};

const reopen = (member: Rebalancing, due: readonly Due[]): Step<Member> => {
  const order = member.order + 1;
  const stream: Stream = { order, partitions: heldBy(member), state: 'opening' };
  return {
    lifecycle: { ...member, order, stream },
    due: [...due, orderStream(stream, { kind: 'lastHeartbeat' }, member.failures)],
  };
};

const servingOf = ({ order, served, first, stream, failures }: Rebalancing): Serving => ({
  ...{ phase: 'serving', order, served, first, stream, failures },
});
