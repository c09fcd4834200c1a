import type { AggregatorState, Position } from '@muster/store';
import { among, type Numbers } from './numbers.ts';

/**
 * How partitions come into memory. `resume`: checkpoints and records, then a change stream after the oldest checkpoint.
 * `rescan`: a change stream from now, then checkpoints, records and a scan of the log. `rebalance`: a change stream
 * after the last heartbeat, then checkpoints, records and a scan, beside the partitions that are in service.
 */
export type RecoveryMode = 'resume' | 'rescan' | 'rebalance';

/**
 * Where an aggregator stands: one value, which only `step` makes. `order` is the number of the last order for work
 * that answers later; an answer that carries an older number is stale. `first` are the partitions that it saves as
 * soon as they are in service, because no replica before it serves them.
 */
export type Lifecycle = Joining | Resuming | Rescanning | Rebalancing | Serving | Leaving | Expired;

/** It becomes a member, and has no partition yet. */
export type Joining = { phase: 'joining'; order: number };

/** It restores its first partitions from checkpoints and records. `stream`: undefined until these are in memory. */
export type Resuming = Restoring & { phase: 'resuming'; restore: number | undefined; stream: Stream | undefined };

/** It restores all its partitions from the log. `served`: those that stay in service meanwhile. */
export type Rescanning = Restoring & {
  phase: 'rescanning';
  served: Numbers;
  inService: boolean; // it was in service before, with `served`
  restore: number | undefined;
  stream: Stream;
};

/** `served` is in service. `missing` is not restored yet, or its change stream is being opened on other partitions. */
export type Rebalancing = InService & {
  phase: 'rebalancing';
  missing: Numbers;
  background: Background | undefined;
};

/** All its partitions are in service, and the change stream brings exactly these. */
export type Serving = InService & { phase: 'serving' };

/** It hands over what it serves, ends its work, leaves. `after`: the phase that goes on meanwhile. */
export type Leaving =
  | { phase: 'leaving'; stage: 'handingOver'; order: number; after: Member }
  | { phase: 'leaving'; stage: 'ending' | 'left'; order: number; owned: Numbers };

/** It has lost its membership. It comes back as a new member when the work of the former one has ended. */
export type Expired = { phase: 'expired'; order: number };

/** The phases of a member that follows the log, or is about to. */
export type Member = Resuming | Rescanning | Rebalancing | Serving;

/** `awaits`: the number of the heartbeat whose return shows that memory holds all that was in the log before it. */
type Restoring = { order: number; partitions: Numbers; first: Numbers; awaits: number | undefined; failures: number };

/** `failures`: how many tries in a row have failed. */
type InService = { order: number; served: Numbers; first: Numbers; stream: Stream; failures: number };

/** The change stream on these partitions. A `broken` one is opened again after what it brought last. */
export type Stream = { order: number; partitions: Numbers; state: 'opening' | 'open' | 'broken' };

/** The missing partitions that are being restored beside those in service. `awaits`: as above, once in memory. */
export type Background = { order: number; partitions: Numbers; awaits: number | undefined };

/** What has happened. `order`: which order it answers. `nextBeat`: the number of the next heartbeat to be written. */
export type Input =
  | { kind: 'joined'; order: number; partitions: Numbers; first: Numbers }
  | { kind: 'restored'; order: number; partitions: Numbers; position: Position | undefined; nextBeat: number }
  | { kind: 'unplaced'; order: number } // no checkpoints from which a change stream could resume
  | { kind: 'restoreFailed'; order: number }
  | { kind: 'opened'; order: number; nextBeat: number }
  | { kind: 'broken'; order: number }
  | { kind: 'placeLost'; order: number } // the server no longer knows the place of the change stream
  | { kind: 'deaf'; order: number } // heartbeats are written and none returns
  | { kind: 'streamFailed'; order: number }
  | { kind: 'heartbeatReturned'; number: number }
  | { kind: 'membersChanged'; wanted: Numbers; surplus: Numbers; first: Numbers }
  | { kind: 'snapshotDue' }
  | { kind: 'leaseExpired' }
  | { kind: 'logReplaced' } // by another one, of which memory holds nothing
  | { kind: 'fatal' } // going on, or trying again, would end the same
  | { kind: 'stopAsked' }
  | { kind: 'handedOver'; first: Numbers; unsaved: Numbers }
  | { kind: 'ended'; order: number }; // the work of this membership has ended

/** The inputs that concern the change stream and the partitions of a member. */
export type FollowInput = Extract<
  Input,
  {
    kind:
      | 'restored'
      | 'unplaced'
      | 'restoreFailed'
      | 'opened'
      | 'broken'
      | 'placeLost'
      | 'deaf'
      | 'streamFailed'
      | 'heartbeatReturned'
      | 'membersChanged';
  }
>;

/** Where a change stream begins: after a checkpoint, after the last heartbeat that came back, or now. */
export type From = { kind: 'position'; position: Position } | { kind: 'lastHeartbeat' } | { kind: 'now' };

/** Why a membership ends that another one of this process follows. */
export type ExpiryReason = 'leaseExpired' | 'logReplaced';

/** What is to be done, in this order. Work that answers later carries the number of its order. */
export type Due =
  | { do: 'beginMembership' } // forget everything of a former one
  | { do: 'greetAnew' } // end the connections that took this incarnation for the former one
  | { do: 'join'; order: number }
  | { do: 'hold'; partitions: Numbers } // in memory, empty
  | { do: 'rebalance'; added: Numbers; dropped: Numbers }
  | { do: 'restore'; order: number; partitions: Numbers; mode: RecoveryMode; failures: number }
  | { do: 'cancelRestore' }
  | { do: 'openStream'; order: number; partitions: Numbers; from: From; failures: number }
  | { do: 'beat' }
  | { do: 'serve'; partitions: Numbers; mode: RecoveryMode }
  | { do: 'own'; partitions: Numbers } // these, and no others
  | { do: 'announce' } // renew the lease, so that gateways find out, then report that this aggregator is in service
  | { do: 'reconcile'; partitions: Numbers }
  | { do: 'save'; partitions: Numbers }
  | { do: 'handOver' }
  | { do: 'expire'; order: number; reason: ExpiryReason } // stop serving, end the work of this membership
  | { do: 'endWork'; order: number }
  | { do: 'leave'; save: Numbers }; // save a last snapshot of these, then leave

export type Step<Phase extends Lifecycle = Lifecycle> = { lifecycle: Phase; due: Due[] };

/** The order for a change stream. `failures`: how many tries in a row have failed. */
export const orderStream = ({ order, partitions }: Stream, from: From, failures: number): Due => ({
  ...{ do: 'openStream', order, partitions, from, failures },
});

/** Nothing is to be done. */
export const unchanged = <Phase extends Lifecycle>(lifecycle: Phase): Step<Phase> => ({ lifecycle, due: [] });

/** The partitions in service. */
export const servedOf = (lifecycle: Lifecycle): Numbers => {
  switch (lifecycle.phase) {
    case 'rescanning':
    case 'rebalancing':
    case 'serving':
      return lifecycle.served;
    case 'leaving':
      return lifecycle.stage === 'handingOver' ? servedOf(lifecycle.after) : [];
    case 'joining':
    case 'resuming':
    case 'expired':
      return [];
  }
};

/** The partitions that this aggregator saves: those in service of which it is the first replica. */
export const ownedOf = (lifecycle: Lifecycle): Numbers => {
  if (lifecycle.phase === 'leaving')
    return lifecycle.stage === 'handingOver' ? ownedOf(lifecycle.after) : lifecycle.owned;
  if (lifecycle.phase === 'joining' || lifecycle.phase === 'expired') return [];
  return among(servedOf(lifecycle), lifecycle.first);
};

/** What the aggregator's document says. */
export const documentStateOf = (lifecycle: Lifecycle): AggregatorState => {
  switch (lifecycle.phase) {
    case 'joining':
    case 'resuming':
    case 'expired':
      return 'restoring';
    case 'rescanning':
      return lifecycle.inService ? 'serving' : 'restoring';
    case 'rebalancing':
    case 'serving':
      return 'serving';
    case 'leaving':
      return 'leaving';
  }
};

/** Whether the change stream is open. */
export const isStreamOpen = (lifecycle: Lifecycle): boolean => {
  if (lifecycle.phase === 'leaving') return lifecycle.stage === 'handingOver' && isStreamOpen(lifecycle.after);
  return 'stream' in lifecycle && lifecycle.stream?.state === 'open';
};

/** Whether memory is complete up to the change stream: only then a checkpoint may be written. */
export const maySave = (lifecycle: Lifecycle): boolean => {
  if (lifecycle.phase === 'leaving') return lifecycle.stage === 'handingOver' && maySave(lifecycle.after);
  return lifecycle.phase === 'serving' || lifecycle.phase === 'rebalancing';
};
