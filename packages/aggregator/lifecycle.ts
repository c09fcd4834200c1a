import type { AggregatorState, Position } from '@muster/store';
import { among, type Numbers } from './numbers.ts';

/**
 * How partitions are restored into memory.
 * - `resume`: checkpoints and records, then a change stream from the oldest checkpoint.
 * - `rescan`: a change stream from now, then checkpoints, records and a scan of the log.
 * - `rebalance`: a change stream from the last heartbeat, then checkpoints, records and a scan of the log. Meanwhile
 *   the other partitions are served.
 */
export type RecoveryMode = 'resume' | 'rescan' | 'rebalance';

/**
 * The state of an aggregator: one value, which only `step` makes.
 * - `order`: the number of the last order for work that answers later. An answer with an older number is stale.
 * - `first`: the partitions of which this aggregator is the first serving replica, once it serves them. It saves these.
 */
export type Lifecycle = Joining | Resuming | Rescanning | Rebalancing | Serving | Leaving | Expired;

/** It is joining the members and has no partition yet. */
export type Joining = { phase: 'joining'; order: number };

/** It restores its first partitions from checkpoints and records. `stream` is undefined until these are in memory. */
export type Resuming = Restoring & { phase: 'resuming'; restore: number | undefined; stream: Stream | undefined };

/** It restores all its partitions from the log. `served` are those that it serves meanwhile. */
export type Rescanning = Restoring & {
  phase: 'rescanning';
  served: Numbers;
  inService: boolean; // it served before this rescan began
  restore: number | undefined;
  stream: Stream;
};

/** It serves `served`. `missing` are not restored yet, or the change stream is being opened on other partitions. */
export type Rebalancing = InService & {
  phase: 'rebalancing';
  missing: Numbers;
  background: Background | undefined;
};

/** It serves all its partitions, and the change stream is on exactly these. */
export type Serving = InService & { phase: 'serving' };

/** It hands over what it serves, ends its work, then leaves. `after`: the phase that continues during the hand-over. */
export type Leaving =
  | { phase: 'leaving'; stage: 'handingOver'; order: number; after: Member }
  | { phase: 'leaving'; stage: 'ending' | 'left'; order: number; owned: Numbers };

/** It has lost its membership. It joins as a new member when the work of the former membership has ended. */
export type Expired = { phase: 'expired'; order: number };

/** The phases in which a member follows the log or is about to. */
export type Member = Resuming | Rescanning | Rebalancing | Serving;

/** `awaits`: the number of a heartbeat. When it comes back, memory has everything that was in the log before it. */
type Restoring = { order: number; partitions: Numbers; first: Numbers; awaits: number | undefined; failures: number };

/** `failures`: the number of tries in a row that failed. */
type InService = { order: number; served: Numbers; first: Numbers; stream: Stream; failures: number };

/** The change stream on these partitions. A `broken` one is reopened after the last event that it brought. */
export type Stream = { order: number; partitions: Numbers; state: 'opening' | 'open' | 'broken' };

/** The missing partitions that are being restored while others are served. `awaits`: as above, once in memory. */
export type Background = { order: number; partitions: Numbers; awaits: number | undefined };

/**
 * What has happened. `order`: the order that it answers. `nextBeat`: the number of the next heartbeat to be written.
 */
export type Input =
  | { kind: 'joined'; order: number; partitions: Numbers; first: Numbers }
  | { kind: 'restored'; order: number; partitions: Numbers; position: Position | undefined; nextBeat: number }
  | { kind: 'unplaced'; order: number } // there are no checkpoints from which a change stream can resume
  | { kind: 'restoreFailed'; order: number }
  | { kind: 'opened'; order: number; nextBeat: number }
  | { kind: 'broken'; order: number }
  | { kind: 'placeLost'; order: number } // the server can no longer resume the change stream at its position
  | { kind: 'deaf'; order: number } // heartbeats are written and none comes back
  | { kind: 'streamFailed'; order: number }
  | { kind: 'heartbeatReturned'; number: number }
  | { kind: 'membersChanged'; wanted: Numbers; surplus: Numbers; first: Numbers }
  | { kind: 'snapshotDue' }
  | { kind: 'leaseExpired' }
  | { kind: 'logReplaced' } // what is in memory comes from the former log
  | { kind: 'fatal' } // a retry would fail in the same way
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

/** Where a change stream begins: at a checkpoint's position, after the last heartbeat that came back, or now. */
export type From = { kind: 'position'; position: Position } | { kind: 'lastHeartbeat' } | { kind: 'now' };

/** Why a membership ends and the process joins again. */
export type ExpiryReason = 'leaseExpired' | 'logReplaced';

/** One piece of work that `step` orders. Work that answers later has the number of its order. */
export type Due =
  | { do: 'beginMembership' } // discard everything of the former membership
  | { do: 'greetAnew' } // close the connections that were greeted as the former incarnation
  | { do: 'join'; order: number }
  | { do: 'hold'; partitions: Numbers } // create them in memory, empty
  | { do: 'rebalance'; added: Numbers; dropped: Numbers }
  | { do: 'restore'; order: number; partitions: Numbers; mode: RecoveryMode; failures: number }
  | { do: 'cancelRestore' }
  | { do: 'openStream'; order: number; partitions: Numbers; from: From; failures: number }
  | { do: 'beat' }
  | { do: 'serve'; partitions: Numbers; mode: RecoveryMode }
  | { do: 'own'; partitions: Numbers } // own these and no others
  | { do: 'announce' } // renew the lease, which informs the gateways, then report that this aggregator serves
  | { do: 'reconcile'; partitions: Numbers }
  | { do: 'save'; partitions: Numbers }
  | { do: 'handOver' }
  | { do: 'expire'; order: number; reason: ExpiryReason } // stop serving and end the work of this membership
  | { do: 'endWork'; order: number }
  | { do: 'leave'; save: Numbers }; // save a last snapshot of these, then leave

export type Step<Phase extends Lifecycle = Lifecycle> = { lifecycle: Phase; due: Due[] };

/** Makes the order for a change stream. `failures`: the number of tries in a row that failed. */
export const orderStream = ({ order, partitions }: Stream, from: From, failures: number): Due => ({
  ...{ do: 'openStream', order, partitions, from, failures },
});

/** A step that orders no work. */
export const unchanged = <Phase extends Lifecycle>(lifecycle: Phase): Step<Phase> => ({ lifecycle, due: [] });

/** The partitions that this aggregator serves. */
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

/** The partitions that this aggregator saves: those that it serves as the first serving replica. */
export const ownedOf = (lifecycle: Lifecycle): Numbers => {
  if (lifecycle.phase === 'leaving')
    return lifecycle.stage === 'handingOver' ? ownedOf(lifecycle.after) : lifecycle.owned;
  if (lifecycle.phase === 'joining' || lifecycle.phase === 'expired') return [];
  return among(servedOf(lifecycle), lifecycle.first);
};

/** The state that the member document states. */
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

/** Whether memory has every event that the change stream has passed. Only then may checkpoints be saved. */
export const maySave = (lifecycle: Lifecycle): boolean => {
  if (lifecycle.phase === 'leaving') return lifecycle.stage === 'handingOver' && maySave(lifecycle.after);
  return lifecycle.phase === 'serving' || lifecycle.phase === 'rebalancing';
};
