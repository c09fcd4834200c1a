import { retryUntil } from '@muster/runtime';
import { type Position, readStream, type StoredEvent } from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { countUnsaved } from './progress.ts';
import { recallFor, type Source } from './recall.ts';
import { type Applied, applyEvent, findVersion, isTakenBefore, keepPending, type Partition, park } from './table.ts';
import { wakeWaiters } from './waiting.ts';

const readDeadlineMs = 5_000;

/**
 * Takes events from the change stream into memory, in their order. An event is applied, dropped as known, or parked. If
 * versions before it are missing, they are read from the log first. While its partition is restored, the event is kept.
 */
export const takeEvents = (aggregator: Aggregator, events: readonly StoredEvent[], signal: AbortSignal) =>
  takeInOrder(aggregator, events, 'stream', signal, (stored, counts) => {
    const partition = aggregator.table.get(stored.partition);
    if (partition && keepPending(partition, stored)) return undefined;
    return takeOne(aggregator, stored, aggregator.heart.last?.position, counts);
  });

/** The same for events from a scan of the log. They are taken while their partition is restored, too. */
export const takeScanned = (aggregator: Aggregator, events: readonly StoredEvent[], signal: AbortSignal) =>
  takeInOrder(aggregator, events, 'scan', signal, (stored, counts) => {
    const partition = aggregator.table.get(stored.partition);
    const entity = aggregator.entities.get(stored.entity);
    if (partition && entity && isTakenBefore(partition, entity, stored)) return undefined;
    return takeOne(aggregator, stored, undefined, counts);
  });

const takeInOrder = async (
  aggregator: Aggregator,
  events: readonly StoredEvent[],
  source: Source,
  signal: AbortSignal,
  take: (stored: StoredEvent, counts: Counts) => Applied | undefined,
): Promise<void> => {
  const counts = openCounts();
  if (aggregator.keeps) await recallFor(aggregator, events, source, signal);
  for (const [index, stored] of events.entries()) {
    const applied = take(stored, counts);
    if (applied?.kind !== 'hole') continue;
    await fillHole(aggregator, stored, applied.above, signal);
    if (signal.aborted) break;
    if (aggregator.keeps) await recallFor(aggregator, events.slice(index + 1), source, signal); // some may have left
  }
  addCounts(aggregator, counts);
};

/**
 * Takes one event without waiting. A hole is left to the caller. `after` is the heartbeat after which the change stream
 * brought the event; without it the event comes from the log.
 */
export const takeAtOnce = (aggregator: Aggregator, stored: StoredEvent, after?: Position): Applied => {
  const counts = openCounts();
  const applied = takeOne(aggregator, stored, after, counts);
  addCounts(aggregator, counts);
  return applied;
};

/** How many events were applied, known and to be saved here. Added to the metrics once for many events. */
type Counts = { applied: number; known: number; unsaved: number };

const openCounts = (): Counts => ({ applied: 0, known: 0, unsaved: 0 });

const takeOne = (aggregator: Aggregator, stored: StoredEvent, after: Position | undefined, counts: Counts): Applied => {
  const applied = applyEvent(aggregator.table, aggregator.entities, stored, after);
  if (applied.kind === 'applied') {
    counts.applied += 1;
    wakeWaiters(aggregator.waiting, stored);
  }
  if (applied.kind === 'known') counts.known += 1;
  if (applied.kind === 'parked')
    aggregator.logger.error(
      { event: stored },
      `Parked ${stored.entity} "${stored.entityId}" at version ${stored.version}: see DeadLetters`,
    );
  // only owned partitions are saved here
  const isToSave = applied.kind === 'applied' || applied.kind === 'parked';
  if (isToSave && aggregator.table.get(stored.partition)?.owned) counts.unsaved += 1;
  return applied;
};

const addCounts = ({ metrics, progress }: Aggregator, { applied, known, unsaved }: Counts) => {
  if (applied > 0) metrics.applied.inc(applied);
  if (known > 0) metrics.known.inc(known);
  countUnsaved(progress, unsaved);
};

/**
 * Reads the events of a stream above a version and takes them. If the log lacks a version, the stream is parked.
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
    const from = Math.max(above, findVersion(partition, entity.name, stored.entityId)); // where a try ended
    for await (const events of readStream(aggregator.log, entity, stored.entityId, from, () => readDeadlineMs)) {
      if (signal.aborted) return false;
      if (aggregator.keeps) await recallFor(aggregator, events, 'stream', signal); // it may have left meanwhile
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

// only owned partitions are saved here
const countToSave = ({ progress, table }: Aggregator, partition: number) => {
  if (table.get(partition)?.owned) countUnsaved(progress, 1);
};
