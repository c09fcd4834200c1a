import { setImmediate as immediate } from 'node:timers/promises';
import { backOffMs, failpoint, pause, retryUntil } from '@muster/runtime';
import { oldestPosition, type Watched, watchLog } from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { forgetPlace, lagMs, seeHeartbeat } from './heart.ts';
import { beat, beginMembership, join } from './membership.ts';
import { markOwned, wantedPartitions } from './rebalance.ts';
import { reconcile } from './reconcile.ts';
import { loadRecords, readStoredCheckpoints, retryParked, scanSinceCheckpoints } from './restore.ts';
import { isSnapshotDue, saveSnapshot } from './snapshot.ts';
import { openPartition, placeChanged, restoredAmong } from './table.ts';
import { takeEvent } from './take-event.ts';
import { warmUpBehind } from './warm-up.ts';

/**
 * Is a member until `signal` aborts: joins, restores its partitions, tails the log. After a expired lease it begins
 * again, as a new member. `onAnew` hears of each new incarnation, `onServing` when it is in service.
 */
export const tailLog = async (
  aggregator: Aggregator,
  signal: AbortSignal,
  onAnew: () => void,
  onServing: () => void,
): Promise<void> => {
  while (!signal.aborted) {
    beginMembership(aggregator);
    onAnew();
    const complain = (error: unknown) =>
      aggregator.logger.warn({ err: error }, 'Cannot join the aggregators, trying again');
    await retryUntil(() => join(aggregator), signal, complain);
    await followAsMember(aggregator, AbortSignal.any([signal, aggregator.membership.over.signal]), onServing);
  }
};

/** One membership, over as many change streams as it takes. */
const followAsMember = async (aggregator: Aggregator, signal: AbortSignal, onServing: () => void) => {
  const { table } = aggregator;
  for (const partition of wantedPartitions(aggregator)) table.set(partition, openPartition(partition));
  let road: Road | 'over' = 'token';
  for (let scans = 0; road !== 'over' && !signal.aborted; ) {
    const from: Road = road;
    const complain = (error: unknown) => aggregator.logger.warn({ err: error }, 'Cannot restore, trying again');
    road = (await retryUntil(() => follow(aggregator, from, signal, onServing), signal, complain)) ?? 'over';
    scans = road === 'scan' && from === 'scan' ? scans + 1 : 0;
    // a place that is lost again and again must not cost a scan each time
    if (scans > 0) await pause(backOffMs(scans), signal);
  }
};

/**
 * How a change stream begins: after the oldest checkpoint, from now on with a scan of the log before it, or where the
 * former one was, on other partitions.
 */
type Road = 'token' | 'scan' | 'moved';

type Following = {
  road: Road;
  partitions: readonly number[];
  restored: boolean; // memory holds everything up to the opening of the stream
  // the heartbeat, written after the opening, whose return proves that all before it was taken
  provenBy: number | undefined;
  onServing: () => void;
  since: number;
  taken: number;
};

/**
 * One life of a change stream, until its place is lost or it is to bring other partitions; gives how the next one
 * begins.
 */
const follow = async (
  aggregator: Aggregator,
  wanted: Road,
  signal: AbortSignal,
  onServing: () => void,
): Promise<Road> => {
  const { logger, progress, table } = aggregator;
  const partitions = [...table.keys()];
  const since = performance.now();
  progress.moved = false;
  const { road, from } = await beginOn(aggregator, wanted, partitions, signal);
  const following: Following = {
    road,
    partitions,
    restored: road !== 'scan',
    provenBy: undefined,
    onServing,
    since,
    taken: 0,
  };
  for await (const watched of watchLog(aggregator.log, { partitions, from, signal, pauseMs: backOffMs })) {
    if (watched.kind === 'lost') {
      logger.warn({ err: watched.error }, 'The place in the log is lost: scanning the log instead');
      return 'scan';
    }
    await take(aggregator, watched, following, signal);
    if (watched.kind === 'quiet' && isDeaf(aggregator)) {
      logger.warn('The change stream is open and nothing comes through it: scanning the log instead');
      return 'scan';
    }
    // what is buffered comes without a wait: reads must be answered in between
    if (takeBreath(following)) await immediate();
    if (isSnapshotDue(aggregator)) void saveSnapshot(aggregator);
    if (progress.moved && aggregator.heart.last && isSettled(following)) return 'moved';
  }
  return 'scan'; // the signal aborted: nothing follows
};

/** Restores what must be in memory before the stream is opened, and says from which position that is. */
const beginOn = async (aggregator: Aggregator, wanted: Road, partitions: readonly number[], signal: AbortSignal) => {
  const { heart, metrics } = aggregator;
  // a heartbeat's position fits whatever partitions
  if (wanted === 'moved') return { road: wanted, from: heart.last?.position };
  forgetPlace(heart);
  const checkpoints = await readStoredCheckpoints(aggregator, partitions); // before the records, always
  await failpoint('restore:after-checkpoints');
  const from = wanted === 'token' ? oldestPosition(partitions, checkpoints) : undefined;
  const road: Road = from ? 'token' : 'scan';
  metrics.restores.inc({ road });
  if (road === 'scan') return { road, from };
  await loadRecords(aggregator, partitions, checkpoints, signal);
  await retryParked(aggregator, partitions);
  return { road, from };
};

/** Whether all that this stream began with is served: only then may it be left for one on other partitions. */
const isSettled = ({ road, provenBy }: Following): boolean => road === 'moved' || provenBy === Number.POSITIVE_INFINITY;

const takeBreath = (following: Following): boolean => {
  following.taken += 1;
  return following.taken % 100 === 0;
};

// heartbeats are written and none comes back, as when the token lies in the future of a log that was restored from a
// back-up
const isDeaf = ({ heart, progress }: Aggregator): boolean =>
  progress.beating && lagMs(heart) > deafAfterMs && performance.now() - progress.openedAt > deafAfterMs;
const deafAfterMs = 30_000;

// the stream is open and has its first token: only now may the checkpoints be read, so that no event falls between the
// scan and the stream
const restoreByScan = async (aggregator: Aggregator, partitions: readonly number[], signal: AbortSignal) => {
  for (const number of partitions) {
    const partition = aggregator.table.get(number);
    // those that were warming up are restored with all others; what comes while this lasts is not in this stream
    if (partition) partition.pending = undefined;
  }
  const checkpoints = await readStoredCheckpoints(aggregator, partitions);
  await loadRecords(aggregator, partitions, checkpoints, signal);
  await retryParked(aggregator, partitions);
  await scanSinceCheckpoints(aggregator, partitions, checkpoints, signal);
};

const take = async (
  aggregator: Aggregator,
  watched: Watched,
  following: Following,
  signal: AbortSignal,
): Promise<void> => {
  const { heart, logger, metrics, progress } = aggregator;
  switch (watched.kind) {
    case 'opened':
      if (progress.openedAt > 0) metrics.reopened.inc();
      progress.streamOpen = true;
      progress.openedAt = performance.now();
      return opened(aggregator, following, signal);
    case 'event':
      return takeEvent(aggregator, watched.event, signal);
    case 'heartbeat':
      seeHeartbeat(heart, watched.heartbeat);
      if (following.provenBy !== undefined && heart.returned >= following.provenBy)
        enterService(aggregator, following, signal);
      return;
    case 'broken':
      progress.streamOpen = false;
      return logger.warn({ err: watched.error }, 'The change stream broke: opening it again where it was');
    case 'quiet':
    case 'lost':
      return;
  }
};

const opened = async (aggregator: Aggregator, following: Following, signal: AbortSignal) => {
  if (following.road === 'moved') return warmUpBehind(aggregator, following.partitions, signal);
  if (!following.restored) await restoreByScan(aggregator, following.partitions, signal);
  following.restored = true;
  if (following.provenBy !== undefined) return; // opened again: it goes on where it was
  following.provenBy = aggregator.heart.sent + 1;
  await beat(aggregator).catch(() => undefined); // the regular ones come after it
};

const enterService = (aggregator: Aggregator, following: Following, signal: AbortSignal) => {
  const { heart, logger, progress, table } = aggregator;
  following.provenBy = Number.POSITIVE_INFINITY;
  const restored = restoredAmong(table, following.partitions);
  for (const partition of restored) {
    partition.served = true;
    if (heart.last) placeChanged(partition, heart.last.position);
  }
  if (progress.state === 'restoring') progress.state = 'serving';
  markOwned(aggregator);
  const events = restored.reduce((sum, partition) => sum + partition.events, 0);
  logger.info(
    { road: following.road, partitions: restored.length, events, ms: Math.round(performance.now() - following.since) },
    'Restored, in service',
  );
  void beat(aggregator)
    .catch(() => undefined)
    .then(following.onServing); // the gateways can hear of it
  void reconcile(aggregator, restored, signal);
};
