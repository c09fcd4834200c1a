import { retryUntil } from '@muster/runtime';
import { type Position, readStream, type StoredEvent } from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { countUnsaved } from './progress.ts';
import { type Applied, applyEvent, findEntry, keepPending, type Partition, park } from './table.ts';
import { wakeWaiters } from './waiting.ts';

const readDeadlineMs = 5_000;

/**
 * Takes one event that the stream brought into memory: applied, dropped as known, parked, or, where its predecessors
 * are missing, these first, from the log itself. Of a partition that is being restored it is kept until that is done.
 */
export const takeEvent = async (aggregator: Aggregator, stored: StoredEvent, signal: AbortSignal): Promise<void> => {
  const partition = aggregator.table.get(stored.partition);
  if (partition && keepPending(partition, stored)) return;
  const applied = takeAtOnce(aggregator, stored, aggregator.heart.last?.position);
  if (applied.kind === 'hole') await fillHole(aggregator, stored, applied.above, signal);
};

/**
 * The same without a wait, of an event from the log itself unless `after` says after which heartbeat the stream brought
 * it; a hole is left to the caller.
 */
export const takeAtOnce = (aggregator: Aggregator, stored: StoredEvent, after?: Position): Applied => {
  const applied = applyEvent(aggregator.table, aggregator.entities, stored, after);
  if (applied.kind === 'applied') {
    aggregator.metrics.applied.inc();
    wakeWaiters(aggregator.waiting, applied.entry);
  }
  if (applied.kind === 'known') aggregator.metrics.known.inc();
  if (applied.kind === 'parked')
    aggregator.logger.error(
      { event: stored },
      `Parked ${stored.entity} "${stored.entityId}" at version ${stored.version}: see DeadLetters`,
    );
  if (applied.kind === 'applied' || applied.kind === 'parked') countToSave(aggregator, stored.partition);
  return applied;
};

/**
 * Reads what a stream has above a version and takes it; an event that is missing in the log itself parks the stream.
 */
export const fillHole = async (
  aggregator: Aggregator,
  stored: StoredEvent,
  above: number,
  signal: AbortSignal,
): Promise<void> => {
  const entity = aggregator.entities.get(stored.entity);
  const partition = aggregator.table.get(stored.partition);
  if (!entity || !partition) return;
  const complain = (error: unknown) =>
    aggregator.logger.warn(
      { err: error },
      `Cannot fill the hole before version ${stored.version} of ${entity.name} "${stored.entityId}", trying again`,
    );
  const fill = async () => {
    const from = findEntry(partition, entity.name, stored.entityId)?.state.version ?? above; // where a try ended
    for await (const events of readStream(aggregator.log, entity, stored.entityId, from, () => readDeadlineMs)) {
      if (signal.aborted) return false;
      for (const event of events) takeFromLog(aggregator, partition, event);
    }
    return true;
  };
  if (await retryUntil(fill, signal, complain)) aggregator.metrics.holes.inc();
};

const takeFromLog = (aggregator: Aggregator, partition: Partition, event: StoredEvent) => {
  if (takeAtOnce(aggregator, event).kind !== 'hole') return;
  park(partition, event, `its stream has no version ${event.version - 1}`);
  countToSave(aggregator, event.partition);
};

// records that other replicas save do not count
const countToSave = ({ progress, table }: Aggregator, partition: number) => {
  if (table.get(partition)?.owned) countUnsaved(progress, 1);
};
