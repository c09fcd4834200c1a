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

/** The step in mode `resume`: load checkpoints and records, open the change stream, then wait for a new heartbeat. */
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
      return unchanged(member); // the same in every phase: `step` has handled them
  }
};

/**
 * The step in mode `rescan`: open the change stream, load checkpoints, records and log, then wait for a new heartbeat.
 */
export const stepRescanning = (member: Rescanning, input: FollowInput): Step<Member> => {
  const { stream, partitions, failures } = member;
  switch (input.kind) {
    case 'membersChanged': // no partition is added or dropped until all are restored
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
 * Restores all partitions of a member from the log, with a change stream from now on. The member keeps serving what it
 * serves. `failures` is the number of tries in a row that failed.
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

// a stream that breaks reports `opened` again: the restore must begin only once
const restoreOnce = (member: Rescanning): Step<Member> => {
  if (member.restore !== undefined || member.awaits !== undefined) return unchanged(member);
  const order = member.order + 1;
  const { partitions } = member;
  return {
    lifecycle: { ...member, order, restore: order },
    due: [{ do: 'restore', order, partitions, mode: 'rescan', failures: 0 }],
  };
};

/** Writes a heartbeat. When it comes back, the stream has brought everything before it. */
const awaitBeat = (member: Resuming | Rescanning, nextBeat: number): Step<Member> =>
  member.awaits === undefined
    ? { lifecycle: { ...member, awaits: nextBeat }, due: [{ do: 'beat' }] }
    : unchanged(member);

const hasReturned = ({ awaits }: Resuming | Rescanning, number: number): boolean =>
  awaits !== undefined && number >= awaits;
