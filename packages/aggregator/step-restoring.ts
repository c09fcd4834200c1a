import {
  type FollowInput,
  type Member,
  orderStream,
  type Rescanning,
  type Resuming,
  type Step,
  type Stream,
  servedOf,
  unchanged,
} from './lifecycle.ts';
import { enterService, heldBy } from './step-in-service.ts';

/** Resumes: checkpoints and records, then the change stream, then the heartbeat that shows that nothing is missing. */
export const stepResuming = (member: Resuming, input: FollowInput): Step<Member> => {
  const { order, partitions, stream, failures } = member;
  switch (input.kind) {
    case 'membersChanged':
      return unchanged({ ...member, first: input.first });
    case 'restored': {
      if (!input.position) return rescan(member, failures);
      const opening: Stream = { order: order + 1, partitions, state: 'opening' };
      return {
        lifecycle: { ...member, order: order + 1, restore: undefined, stream: opening },
        due: [orderStream(opening, { kind: 'position', position: input.position }, failures)],
      };
    }
    case 'unplaced':
      return rescan(member, failures);
    case 'restoreFailed':
    case 'streamFailed':
      return resumeAgain(member);
    case 'opened':
      return stream
        ? awaitBeat({ ...member, stream: { ...stream, state: 'open' } }, input.nextBeat)
        : unchanged(member);
    case 'heartbeatReturned':
      if (!stream || !hasReturned(member, input.number)) return unchanged(member);
      return enterService({ ...member, stream, served: partitions }, 'resume');
    case 'broken':
    case 'placeLost':
    case 'deaf':
      return unchanged(member); // alike for every phase, and handled before
  }
};

/** Rescans: the change stream first, then checkpoints, records and the log, then the heartbeat. */
export const stepRescanning = (member: Rescanning, input: FollowInput): Step<Member> => {
  const { stream, partitions, failures } = member;
  switch (input.kind) {
    case 'membersChanged': // the partitions stay as they are until all of them are restored
      return unchanged({ ...member, first: input.first });
    case 'opened':
      return restoreOnce({ ...member, stream: { ...stream, state: 'open' } });
    case 'restored':
      return awaitBeat({ ...member, restore: undefined }, input.nextBeat);
    case 'restoreFailed':
    case 'streamFailed':
      return rescan(member, failures + 1);
    case 'heartbeatReturned':
      if (!hasReturned(member, input.number)) return unchanged(member);
      return enterService({ ...member, served: partitions }, 'rescan');
    case 'unplaced':
    case 'broken':
    case 'placeLost':
    case 'deaf':
      return unchanged(member);
  }
};

/**
 * Restores all that a member holds from the log, with a change stream from now. What it serves stays in service.
 * `failures`: how many tries in a row have failed.
 */
export const rescan = (member: Member, failures: number): Step<Member> => {
  const order = member.order + 1;
  const stream: Stream = { order, partitions: heldBy(member), state: 'opening' };
  const inService = member.phase === 'rescanning' ? member.inService : member.phase !== 'resuming';
  return {
    lifecycle: {
      ...{ phase: 'rescanning', order, partitions: stream.partitions, first: member.first, stream, failures },
      ...{ served: servedOf(member), inService, restore: undefined, awaits: undefined },
    },
    due: [{ do: 'cancelRestore' }, orderStream(stream, { kind: 'now' }, failures)],
  };
};

const resumeAgain = (member: Resuming): Step<Member> => {
  const [order, failures] = [member.order + 1, member.failures + 1];
  const { partitions } = member;
  return {
    lifecycle: { ...member, order, failures, restore: order, stream: undefined, awaits: undefined },
    due: [{ do: 'cancelRestore' }, { do: 'restore', order, partitions, mode: 'resume', failures }],
  };
};

// a stream that broke meanwhile opens more than once
const restoreOnce = (member: Rescanning): Step<Member> => {
  if (member.restore !== undefined || member.awaits !== undefined) return unchanged(member);
  const order = member.order + 1;
  const { partitions } = member;
  return {
    lifecycle: { ...member, order, restore: order },
    due: [{ do: 'restore', order, partitions, mode: 'rescan', failures: 0 }],
  };
};

/** A heartbeat that is written from now on shows by its return that the stream brought all that was before it. */
const awaitBeat = (member: Resuming | Rescanning, nextBeat: number): Step<Member> =>
  member.awaits === undefined
    ? { lifecycle: { ...member, awaits: nextBeat }, due: [{ do: 'beat' }] }
    : unchanged(member);

const hasReturned = ({ awaits }: Resuming | Rescanning, number: number): boolean =>
  awaits !== undefined && number >= awaits;
