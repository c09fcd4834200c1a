import { absent } from '@muster/model';
import { failpoint } from '@muster/runtime';
import {
  type CheckpointDocument,
  foldStored,
  type Loaded,
  readCheckpoints,
  readDeadLetters,
  readStream,
  removeDeadLetters,
  type StoredEvent,
  scanEvents,
  scanRecords,
  stateOf,
} from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { findEntry, loadEntry, type Partition, park } from './table.ts';
import { fillHole, takeAtOnce } from './take-event.ts';

const readDeadlineMs = 10_000;

export type Checkpoints = ReadonlyMap<number, CheckpointDocument>;

/** The stored checkpoints of these partitions: to be read before their records, always. */
export const readStoredCheckpoints = (
  { log }: Aggregator,
  partitions: readonly number[],
  deadlineMs = readDeadlineMs,
): Promise<Checkpoints> => readCheckpoints(log, partitions, deadlineMs);

/**
 * Loads the records of these partitions into memory; the checkpoints must have been read before. A partition whose
 * records are not whole is folded from its log.
 */
export const loadRecords = async (
  aggregator: Aggregator,
  partitions: readonly number[],
  checkpoints: Checkpoints,
  signal: AbortSignal,
): Promise<void> => {
  const { log, entities, table, logger } = aggregator;
  for (const entity of entities.values()) {
    for await (const record of scanRecords(log, entity, partitions)) {
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

/**
 * Takes the log's events since the checkpoints, less an overlap that covers wrong clocks; all of them for a partition
 * without a checkpoint.
 */
export const scanSinceCheckpoints = async (
  aggregator: Aggregator,
  partitions: readonly number[],
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

/** Tries parked streams again, as a newer program may understand what an older one did not. */
export const retryParked = async (aggregator: Aggregator, partitions: readonly number[]): Promise<void> => {
  const { log, entities, table } = aggregator;
  const letters = await readDeadLetters(log, partitions, readDeadlineMs);
  const streams = new Map(letters.map(({ event }) => [`${event.entity}:${event.entityId}`, event]));
  for (const { entity: name, entityId, partition: number } of streams.values()) {
    const entity = entities.get(name);
    const partition = table.get(number);
    const own = letters.filter(({ event }) => event.entity === name && event.entityId === entityId);
    if (!partition) continue;
    if (!entity) {
      parkAgain(
        partition,
        own.map(({ event }) => event),
        `no entity "${name}" is known here`,
      );
      continue;
    }
    const known = findEntry(partition, name, entityId)?.state ?? absent;
    let { state, parked }: Loaded = { state: known, parked: undefined };
    for await (const events of readStream(log, entity, entityId, known.version, () => readDeadlineMs)) {
      if (!parked) ({ state, parked } = foldStored(entity, events, state));
      for (const event of events) if (event.version <= state.version) takeAtOnce(aggregator, event);
      if (parked) parkAgain(partition, eventsAbove(state.version, events), parked.problem);
    }
    if (!parked)
      await removeDeadLetters(
        log,
        own.map(({ _id }) => _id),
        readDeadlineMs,
      );
  }
};

const eventsAbove = (version: number, events: readonly StoredEvent[]) =>
  events.filter((event) => event.version > version);

const parkAgain = (partition: Partition, events: Parameters<typeof park>[1][], problem: string) => {
  for (const event of events) park(partition, event, problem);
};

const scanLog = async (
  aggregator: Aggregator,
  partitions: readonly number[],
  since: Date | undefined,
  signal: AbortSignal,
) => {
  for await (const event of scanEvents(aggregator.log, partitions, since)) {
    if (signal.aborted) return;
    const applied = takeAtOnce(aggregator, event);
    if (applied.kind === 'hole') await fillHole(aggregator, event, applied.above, signal);
  }
};
