import { readStream, type StoredEvent } from '@muster/log';
import { retryUntil } from '@muster/runtime';
import type { Aggregator } from './aggregator.ts';
import { type Applied, applyEvent, park } from './table.ts';
import { wakeWaiters } from './waiting.ts';

const readDeadlineMs = 5_000;

/** Takes one event of the log into memory: applied, dropped as known, parked, or, where its predecessors are missing, these first, from the log itself. */
export const takeEvent = async (aggregator: Aggregator, stored: StoredEvent, signal: AbortSignal): Promise<void> => {
  const applied = takeAtOnce(aggregator, stored);
  if (applied.kind === 'hole') await fillHole(aggregator, stored, applied.above, signal);
};

/** The same without a wait; a hole is left to the caller. */
export const takeAtOnce = (aggregator: Aggregator, stored: StoredEvent): Applied => {
  const applied = applyEvent(aggregator.table, aggregator.entities, stored);
  if (applied.kind === 'applied') {
    aggregator.metrics.applied.inc();
    wakeWaiters(aggregator.waiting, applied.entry);
  }
  if (applied.kind === 'known') aggregator.metrics.known.inc();
  if (applied.kind === 'parked')
    aggregator.logger.error({ event: stored }, `Parked ${stored.entity} "${stored.entityId}" at version ${stored.version}: see DeadLetters`);
  if (applied.kind === 'applied' || applied.kind === 'parked') countUnsaved(aggregator);
  return applied;
};

/** Reads what a stream has above a version and takes it; an event that is missing in the log itself parks the stream. */
export const fillHole = async (aggregator: Aggregator, stored: StoredEvent, above: number, signal: AbortSignal): Promise<void> => {
  const entity = aggregator.entities.get(stored.entity);
  const partition = aggregator.table.get(stored.partition);
  if (!entity || !partition) return;
  const complain = (error: unknown) =>
    aggregator.logger.warn({ err: error }, `Cannot fill the hole before version ${stored.version} of ${entity.name} "${stored.entityId}", trying again`);
  const events = await retryUntil(() => readStream(aggregator.log, entity, stored.entityId, above, readDeadlineMs), signal, complain);
  if (!events) return; // stopping
  aggregator.metrics.holes.inc();
  for (const event of events) {
    if (takeAtOnce(aggregator, event).kind !== 'hole') continue;
    park(partition, event, `its stream has no version ${event.version - 1}`);
    countUnsaved(aggregator);
  }
};

const countUnsaved = ({ progress }: Aggregator) => {
  progress.unsaved += 1;
  progress.unsavedSince ??= performance.now();
};
