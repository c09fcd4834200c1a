import { setImmediate as immediate } from 'node:timers/promises';
import type { Entity } from '@muster/model';
import { failpoint } from '@muster/runtime';
import {
  type CheckpointDocument,
  oldestPosition,
  type Position,
  readCheckpoints,
  type SavedState,
  type StoredEvent,
  scanEventBatches,
  scanStates,
} from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import type { RecoveryMode } from './lifecycle.ts';
import type { Numbers } from './numbers.ts';
import { noteRestoring } from './progress.ts';
import { beginAllKept, takeAndFlush, takeUncounted } from './restore-kept.ts';
import { retryParked } from './retry-parked.ts';
import { scanStart } from './scan-start.ts';
import { beginPending, endLoading, endPending, loadEntry, type Partition, type Table } from './table.ts';
import { takePending } from './take-pending.ts';

const readDeadlineMs = 10_000;

/** `unplaced`: the checkpoints have no position from which a change stream can resume. Nothing is restored then. */
export type Restored = { kind: 'restored'; partitions: Numbers; position: Position | undefined } | { kind: 'unplaced' };

/**
 * Loads these partitions into memory, in the only order that misses no event: checkpoints, records, parked streams,
 * then the log since the checkpoints. In mode `resume` it does not read the log: the change stream that the caller
 * opens at `position` brings it. In the other modes the change stream is open already. Returns the partitions that are
 * complete in memory. Throws when the database does not answer.
 */
export const restore = async (
  aggregator: Aggregator,
  partitions: Numbers,
  mode: RecoveryMode,
  signal: AbortSignal,
): Promise<Restored> => {
  const { metrics, progress, table } = aggregator;
  noteRestoring(progress, mode);
  const restoring = mode === 'rebalance' ? beginPending(table, partitions) : heldAmong(aggregator, partitions);
  // the scan of the log covers the events that the stream has brought so far
  if (mode === 'rescan') for (const partition of restoring) endPending(partition);
  const checkpoints = await readStoredCheckpoints(aggregator, partitions); // before the records, always
  await failpoint('restore:after-checkpoints');
  const position = mode === 'resume' ? oldestPosition(partitions, checkpoints) : undefined;
  if (mode === 'resume' && !position) return { kind: 'unplaced' };
  metrics.restores.inc({ mode });
  const uncounted = await beginAllKept(aggregator, restoring, checkpoints);
  await loadRecords(aggregator, partitions, checkpoints, signal);
  await takeUncounted(aggregator, uncounted, signal);
  await retryParked(aggregator, partitions, signal);
  // in mode `resume`, the counts of a checkpoint are older than its position
  if (mode !== 'resume') await scanSinceCheckpoints(aggregator, partitions, checkpoints, isAny, signal);
  else if (aggregator.keeps)
    await scanSinceCheckpoints(aggregator, partitions, checkpoints, isKeptIn(aggregator), signal);
  const restored = mode === 'rebalance' ? await takePending(aggregator, restoring, signal) : restoring;
  return { kind: 'restored', partitions: restored.map(({ number }) => number), position };
};

type IsWanted = (event: StoredEvent) => boolean;

const isAny: IsWanted = () => true;

const isKeptIn =
  ({ entities }: Aggregator): IsWanted =>
  ({ entity }) =>
    entities.get(entity)?.keep !== undefined;

const isLoaded = (aggregator: Aggregator): IsWanted => {
  const isKept = isKeptIn(aggregator);
  return (event) => !isKept(event);
};

const heldAmong = ({ table }: Aggregator, partitions: Numbers): Partition[] =>
  partitions.flatMap((number) => table.get(number) ?? []);

export type Checkpoints = ReadonlyMap<number, CheckpointDocument>;

/** Reads the stored checkpoints of these partitions. Always read them before the records. */
export const readStoredCheckpoints = (
  { log }: Aggregator,
  partitions: Numbers,
  deadlineMs = readDeadlineMs,
): Promise<Checkpoints> => readCheckpoints(log, partitions, deadlineMs);

// partitions with fewer events in their records than their checkpoint counts are folded from the log
const loadRecords = async (
  aggregator: Aggregator,
  partitions: Numbers,
  checkpoints: Checkpoints,
  signal: AbortSignal,
): Promise<void> => {
  const { log, entities, table, logger, settings } = aggregator;
  for (const entity of entities.values()) {
    if (entity.keep !== undefined) continue; // read when it is needed
    for await (const batch of scanStates(log, entity, partitions, settings.PARTITIONS)) {
      if (signal.aborted) return;
      for (const saved of batch) loadSaved(table, entity, saved);
      await immediate(); // requests are answered in between
    }
  }
  for (const number of partitions) {
    const partition = table.get(number);
    if (partition) endLoading(partition);
    await immediate();
  }
  await failpoint('restore:after-records');
  if (signal.aborted) return;
  const isTorn = (number: number) =>
    // a partition that was dropped meanwhile is not torn
    loadedIn(table.get(number)) < expectedIn(checkpoints.get(number));
  const torn = partitions.filter(isTorn);
  if (torn.length === 0) return;
  logger.warn(
    `The records of partitions ${torn.join(', ')} are not whole: they have fewer events than their checkpoints. ` +
      'Folding all their events from the log instead',
  );
  await scanLog(aggregator, torn, undefined, isLoaded(aggregator), signal);
};

// without entities that have `keep`, whose records are not loaded
const loadedIn = (partition: Partition | undefined): number =>
  partition
    ? [...partition.kept.values()].reduce((sum, { events }) => sum - events, partition.events)
    : Number.POSITIVE_INFINITY;

const expectedIn = (checkpoint: CheckpointDocument | undefined): number =>
  Object.values(checkpoint?.kept ?? {}).reduce((sum, { allEvents }) => sum - allEvents, checkpoint?.events ?? 0);

const loadSaved = (table: Table, entity: Entity, saved: SavedState) => {
  const partition = table.get(saved.partition);
  if (partition) loadEntry(partition, entity, saved);
};

// a partition without a checkpoint is scanned from the start of the log
const scanSinceCheckpoints = async (
  aggregator: Aggregator,
  partitions: Numbers,
  checkpoints: Checkpoints,
  isWanted: IsWanted,
  signal: AbortSignal,
): Promise<void> => {
  const { settings } = aggregator;
  const known = partitions.flatMap((partition) => checkpoints.get(partition) ?? []);
  const unknown = partitions.filter((partition) => !checkpoints.has(partition));
  if (unknown.length > 0) await scanLog(aggregator, unknown, undefined, isWanted, signal);
  if (known.length === 0) return;
  const oldest = Math.min(...known.map((checkpoint) => startOf(checkpoint, settings.SCAN_OVERLAP_MS)));
  const numbers = known.map(({ _id }) => _id);
  await scanLog(aggregator, numbers, new Date(oldest), isWanted, signal);
};

const startOf = ({ at, kept }: CheckpointDocument, overlapMs: number): number =>
  Math.min(scanStart(at, overlapMs).getTime(), ...Object.values(kept ?? {}).map((counts) => counts.at.getTime()));

const scanLog = async (
  aggregator: Aggregator,
  partitions: Numbers,
  since: Date | undefined,
  isWanted: IsWanted,
  signal: AbortSignal,
) => {
  const { log, settings } = aggregator;
  for await (const found of scanEventBatches(log, partitions, settings.PARTITIONS, since)) {
    const events = isWanted === isAny ? found : found.filter(isWanted);
    for (let at = 0; at < events.length && !signal.aborted; at += takenInOneGoMax)
      await takeAndFlush(aggregator, events.slice(at, at + takenInOneGoMax), signal);
    if (signal.aborted) return;
  }
};

const takenInOneGoMax = 500;
