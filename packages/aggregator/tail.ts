import { setImmediate as immediate } from 'node:timers/promises';
import { beatHeart, failpoint, type Watched, watchLog } from '@muster/log';
import { backOffMs, retryUntil } from '@muster/runtime';
import type { Aggregator } from './aggregator.ts';
import { lagMs, nextBeat, seeHeartbeat } from './heart.ts';
import { proveWhole } from './prove-whole.ts';
import { type Checkpoints, loadRecords, oldestToken, readOwnCheckpoints, retryParked, scanSinceCheckpoints } from './restore.ts';
import { isSnapshotDue, saveSnapshot } from './snapshot.ts';
import { takeEvent } from './take-event.ts';

const beatDeadlineMs = 2_000;

/** Restores, then tails the log until `signal` aborts; `onServing` hears when it is in service for the first time. A lost place in the log leads over the scan. */
export const tailLog = async (aggregator: Aggregator, signal: AbortSignal, onServing: () => void): Promise<void> => {
  let road: Road = 'token';
  while (!signal.aborted) {
    const attempt = () => restoreAndTail(aggregator, road, signal, onServing);
    const complain = (error: unknown) => aggregator.logger.warn({ err: error }, 'Cannot restore, trying again');
    await retryUntil(attempt, signal, complain);
    road = 'scan';
  }
};

/** Writes a heartbeat now, with where this aggregator stands. */
export const beat = async (aggregator: Aggregator): Promise<void> => {
  const { heart, log, partitions, progress } = aggregator;
  const { address, healthPort, startedAt, state } = progress;
  const member = { _id: heart.name, incarnation: heart.incarnation, beat: nextBeat(heart), startedAt, address, healthPort, state, partitions: [...partitions] };
  await beatHeart(log, member, beatDeadlineMs);
};

type Road = 'token' | 'scan';

/** One life of a change stream, from restoring until its place is lost. */
const restoreAndTail = async (aggregator: Aggregator, wanted: Road, signal: AbortSignal, onServing: () => void) => {
  const { logger, metrics, partitions } = aggregator;
  const checkpoints = await readOwnCheckpoints(aggregator); // before the records, always
  await failpoint('restore:after-checkpoints');
  const from = wanted === 'token' ? oldestToken(partitions, checkpoints) : undefined;
  const road: Road = from ? 'token' : 'scan';
  metrics.restores.inc({ road });
  if (road === 'token') await restoreByToken(aggregator, checkpoints, signal);
  const following: Following = { road, restored: road === 'token', provenBy: undefined, onServing, taken: 0 };
  for await (const watched of watchLog(aggregator.log, { partitions, from, signal, pauseMs: backOffMs })) {
    if (watched.kind === 'lost') return logger.warn({ err: watched.error }, 'The place in the log is lost: scanning the log instead');
    await take(aggregator, watched, following, signal);
    if (watched.kind === 'quiet' && isDeaf(aggregator)) return logger.warn('The change stream is open and nothing comes through it: scanning the log instead');
    if (takeBreath(following)) await immediate(); // what is buffered comes without a wait: reads must be answered in between
    if (isSnapshotDue(aggregator)) void saveSnapshot(aggregator);
  }
};

type Following = {
  road: Road;
  restored: boolean; // memory holds everything up to the opening of the stream
  provenBy: number | undefined; // the heartbeat, written after the opening, whose return proves that all before it was taken
  onServing: () => void;
  taken: number;
};

const takeBreath = (following: Following): boolean => {
  following.taken += 1;
  return following.taken % 100 === 0;
};

// heartbeats are written and none comes back, as when the token lies in the future of a log that was restored from a back-up
const isDeaf = ({ heart, progress }: Aggregator): boolean =>
  progress.beating && lagMs(heart) > deafAfterMs && performance.now() - progress.openedAt > deafAfterMs;
const deafAfterMs = 30_000;

const restoreByToken = async (aggregator: Aggregator, checkpoints: Checkpoints, signal: AbortSignal) => {
  await loadRecords(aggregator, checkpoints, signal);
  await failpoint('restore:after-records');
  await retryParked(aggregator);
};

// the stream is open and has its first token: only now may the checkpoints be read, so that no event falls between the scan and the stream
const restoreByScan = async (aggregator: Aggregator, signal: AbortSignal) => {
  const checkpoints = await readOwnCheckpoints(aggregator);
  await loadRecords(aggregator, checkpoints, signal);
  await failpoint('restore:after-records');
  await retryParked(aggregator);
  await scanSinceCheckpoints(aggregator, checkpoints, signal);
};

const take = async (aggregator: Aggregator, watched: Watched, following: Following, signal: AbortSignal): Promise<void> => {
  const { heart, logger, metrics, progress } = aggregator;
  switch (watched.kind) {
    case 'opened':
      progress.streamOpen = true;
      progress.openedAt = performance.now();
      return opened(aggregator, following, signal);
    case 'event':
      return takeEvent(aggregator, watched.event, signal);
    case 'heartbeat':
      seeHeartbeat(heart, watched.heartbeat);
      if (following.provenBy !== undefined && heart.seen >= following.provenBy) enterService(aggregator, following, signal);
      return;
    case 'broken':
      progress.streamOpen = false;
      metrics.reopened.inc();
      return logger.warn({ err: watched.error }, 'The change stream broke: opening it again where it was');
    case 'quiet':
    case 'lost':
      return;
  }
};

const opened = async (aggregator: Aggregator, following: Following, signal: AbortSignal) => {
  if (!following.restored) await restoreByScan(aggregator, signal);
  following.restored = true;
  if (following.provenBy !== undefined) return; // opened again: it goes on where it was
  following.provenBy = aggregator.heart.sent + 1;
  await beat(aggregator).catch(() => undefined); // the regular ones come after it
};

const enterService = (aggregator: Aggregator, following: Following, signal: AbortSignal) => {
  const { logger, progress, table } = aggregator;
  following.provenBy = Number.POSITIVE_INFINITY;
  for (const partition of table.values()) partition.served = true;
  progress.state = 'serving';
  const events = [...table.values()].reduce((sum, partition) => sum + partition.events, 0);
  logger.info({ road: following.road, partitions: table.size, events, ms: Math.round(performance.now()) }, 'Restored, in service');
  following.onServing();
  void proveWhole(aggregator, signal);
};
