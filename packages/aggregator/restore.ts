import { failpoint } from '@muster/runtime';
import {
  type CheckpointDocument,
  oldestPosition,
  type Position,
  readCheckpoints,
  scanEvents,
  scanRecords,
  stateOf,
} from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import type { RecoveryMode } from './lifecycle.ts';
import type { Numbers } from './numbers.ts';
import { noteRestoring } from './progress.ts';
import { retryParked } from './retry-parked.ts';
import { beginPending, endPending, loadEntry, type Partition } from './table.ts';
import { fillHole, takeAtOnce } from './take-event.ts';
import { takePending } from './take-pending.ts';

const readDeadlineMs = 10_000;

/** `unplaced`: the checkpoints give no position from which a change stream could resume. Nothing is restored then. */
export type Restored = { kind: 'restored'; partitions: Numbers; position: Position | undefined } | { kind: 'unplaced' };

/**
 * Brings these partitions into memory, in the one order that misses nothing: checkpoints, records, parked streams, then
 * the log since the checkpoints. To resume, the log is left out: the change stream that is opened at `position` brings
 * it. In the other modes the change stream is open already. Returns the partitions that are in memory then. Throws when
 * the database does not answer.
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
  // what the stream brought of them until now is in the log that is scanned
  if (mode === 'rescan') for (const partition of restoring) endPending(partition);
  const checkpoints = await readStoredCheckpoints(aggregator, partitions); // before the records, always
  await failpoint('restore:after-checkpoints');
  const position = mode === 'resume' ? oldestPosition(partitions, checkpoints) : undefined;
  if (mode === 'resume' && !position) return { kind: 'unplaced' };
  metrics.restores.inc({ mode });
  await loadRecords(aggregator, partitions, checkpoints, signal);
  await retryParked(aggregator, partitions, signal);
  if (mode !== 'resume') await scanSinceCheckpoints(aggregator, partitions, checkpoints, signal);
  const restored = mode === 'rebalance' ? await takePending(aggregator, restoring, signal) : restoring;
  return { kind: 'restored', partitions: restored.map(({ number }) => number), position };
};

const heldAmong = ({ table }: Aggregator, partitions: Numbers): Partition[] =>
  partitions.flatMap((number) => table.get(number) ?? []);

export type Checkpoints = ReadonlyMap<number, CheckpointDocument>;

/** The stored checkpoints of these partitions: to be read before their records, always. */
export const readStoredCheckpoints = (
  { log }: Aggregator,
  partitions: Numbers,
  deadlineMs = readDeadlineMs,
): Promise<Checkpoints> => readCheckpoints(log, partitions, deadlineMs);

// a partition whose records are not whole is folded from its log
const loadRecords = async (
  aggregator: Aggregator,
  partitions: Numbers,
  checkpoints: Checkpoints,
  signal: AbortSignal,
): Promise<void> => {
  const { log, entities, table, logger } = aggregator;
  for (const entity of entities.values()) {
    for await (const record of scanRecords(log, entity, partitions)) {
      if (signal.aborted) return;
      const partition = table.get(record.partition);
      if (partition) loadEntry(partition, entity, record._id, stateOf(entity, record));
    }
  }
  await failpoint('restore:after-records');
  if (signal.aborted) return;
  const isTorn = (number: number) =>
    // one may have moved on meanwhile
    (table.get(number)?.events ?? Number.POSITIVE_INFINITY) < (checkpoints.get(number)?.events ?? 0);
  const torn = partitions.filter(isTorn);
  if (torn.length === 0) return;
  logger.warn(`The records of partitions ${torn.join(', ')} are not whole: folding their log instead`);
  await scanLog(aggregator, torn, undefined, signal);
};

// less an overlap that covers wrong clocks; all of the log for a partition without a checkpoint
const scanSinceCheckpoints = async (
  aggregator: Aggregator,
  partitions: Numbers,
  checkpoints: Checkpoints,
  signal: AbortSignal,
): Promise<void> => {
  const { settings } = aggregator;
  const known = partitions.flatMap((partition) => checkpoints.get(partition) ?? []);
  const unknown = partitions.filter((partition) => !checkpoints.has(partition));
  if (unknown.length > 0) await scanLog(aggregator, unknown, undefined, signal);
  if (known.length === 0) return;
  const oldest = Math.min(...known.map(({ at }) => at.getTime()));
  const numbers = known.map(({ _id }) => _id);
  await scanLog(aggregator, numbers, new Date(oldest - settings.SCAN_OVERLAP_MS), signal);
};

const scanLog = async (aggregator: Aggregator, partitions: Numbers, since: Date | undefined, signal: AbortSignal) => {
  for await (const event of scanEvents(aggregator.log, partitions, since)) {
    if (signal.aborted) return;
    const applied = takeAtOnce(aggregator, event);
    if (applied.kind === 'hole') await fillHole(aggregator, event, applied.above, signal);
  }
};
