import { failpoint, pause, retryUntil } from '@muster/runtime';
import type { Aggregator } from './aggregator.ts';
import { beat } from './membership.ts';
import { markOwned } from './rebalance.ts';
import { reconcile } from './reconcile.ts';
import { loadRecords, readStoredCheckpoints, retryParked, scanSinceCheckpoints } from './restore.ts';
import { openPartition, type Partition, placeChanged } from './table.ts';
import { fillHole, takeAtOnce } from './take-event.ts';

const heartbeatLookMs = 20;

/**
 * Restores the partitions among these that have come to this aggregator while it serves others, and serves them then.
 * The stream that brings them is open: what it brings is kept until the records and the log's tail are in memory. Does
 * not wait; one batch after the other; never throws.
 */
export const warmUpBehind = (aggregator: Aggregator, partitions: readonly number[], signal: AbortSignal): void => {
  const { logger, progress, table } = aggregator;
  progress.watched = partitions;
  if (progress.warmingUp === signal || !partitions.some((number) => table.get(number)?.pending)) return;
  progress.warmingUp = signal; // one of a former membership ends by itself, and touches nothing that this one holds
  const complain = (error: unknown) =>
    logger.warn({ err: error }, 'Cannot restore the partitions that came, trying again');
  void retryUntil(() => warmUp(aggregator, progress.watched, signal), signal, complain).then(() => {
    if (progress.warmingUp === signal) progress.warmingUp = undefined;
    if (!signal.aborted) warmUpBehind(aggregator, progress.watched, signal); // what came meanwhile
  });
};

const warmUp = async (aggregator: Aggregator, all: readonly number[], signal: AbortSignal): Promise<void> => {
  const { heart, logger, metrics, table } = aggregator;
  const startedAt = performance.now();
  const numbers = all.filter((number) => table.get(number)?.pending);
  if (numbers.length === 0) return;
  metrics.restores.inc({ road: 'moved' });
  // a try before this one may have left something
  const fresh = numbers.map((number): Partition => ({ ...openPartition(number), pending: [] }));
  for (const partition of fresh) table.set(partition.number, partition);
  const checkpoints = await readStoredCheckpoints(aggregator, numbers); // before the records, always
  await failpoint('restore:after-checkpoints');
  await loadRecords(aggregator, numbers, checkpoints, signal);
  await retryParked(aggregator, numbers);
  await scanSinceCheckpoints(aggregator, numbers, checkpoints, signal);
  const warm: Partition[] = [];
  for (const partition of fresh)
    if (isStillWarming(aggregator, partition) && (await takePending(aggregator, partition, signal)))
      warm.push(partition);
  await provenNow(aggregator, signal);
  if (signal.aborted) return;
  for (const partition of warm) if (table.get(partition.number) === partition) serve(partition, heart.last?.position);
  markOwned(aggregator);
  logger.info(
    { partitions: warm.map(({ number }) => number), ms: Math.round(performance.now() - startedAt) },
    'Restored beside the others, in service',
  );
  await beat(aggregator).catch(() => undefined); // so that the gateways hear of it now
  void reconcile(aggregator, warm, signal);
};

/**
 * False for one that went elsewhere meanwhile, perhaps to come again, or that was restored with all others as the
 * stream's place was lost.
 */
const isStillWarming = ({ table }: Aggregator, partition: Partition) =>
  table.get(partition.number) === partition && partition.pending !== undefined;

/**
 * What the stream brought meanwhile; most of it the scan has brought already. False where more came than could be kept:
 * the next try restores it anew.
 */
const takePending = async (aggregator: Aggregator, partition: Partition, signal: AbortSignal): Promise<boolean> => {
  for (let at = 0; partition.pending && !signal.aborted; at += 1) {
    if (partition.pending === 'overflowed') return false;
    const next = partition.pending[at];
    if (!next) break;
    const applied = takeAtOnce(aggregator, next, aggregator.heart.last?.position);
    if (applied.kind === 'hole') await fillHole(aggregator, next, applied.above, signal);
  }
  // in the step in which nothing was left: the next one goes into memory at once
  if (!signal.aborted) partition.pending = undefined;
  return !signal.aborted;
};

/** Waits until a heartbeat that is written now has come back: all that was in the log before it is in memory. */
const provenNow = async (aggregator: Aggregator, signal: AbortSignal) => {
  const provenBy = aggregator.heart.sent + 1;
  await beat(aggregator).catch(() => undefined); // the regular ones come after it
  while (aggregator.heart.returned < provenBy && !signal.aborted) await pause(heartbeatLookMs, signal);
};

const serve = (partition: Partition, heartbeat: Parameters<typeof placeChanged>[1] | undefined) => {
  partition.served = true;
  if (heartbeat) placeChanged(partition, heartbeat);
};
