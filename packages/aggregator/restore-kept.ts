import { setImmediate as immediate } from 'node:timers/promises';
import type { Entity } from '@muster/model';
import {
  type CheckpointDocument,
  databaseNow,
  hasRecords,
  type KeptCounts,
  type StoredEvent,
  scanInOrder,
} from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { keptInOne } from './evict.ts';
import type { Times } from './kept.ts';
import { scanStart } from './scan-start.ts';
import { newInOneGoMax, saveBatch, takeThings } from './snapshot.ts';
import { beginKept, evictThings, forgetEvictedThings, type Partition } from './table.ts';
import { takeScanned } from './take-event.ts';

// The records of an entity with `keep` are not loaded. A restore begins with the counts of the checkpoints, and takes
// the events after them.

const readDeadlineMs = 10_000;
const batchMs = 15_000;

/** The partitions whose counts are not known, by entity. */
type Uncounted = ReadonlyMap<Entity, ReadonlySet<number>>;

/**
 * Begins the restore of all entities with `keep`, in partitions that are not in service. Returns the partitions whose
 * counts no checkpoint has: all their events must be counted. Throws when the database does not answer.
 */
export const beginAllKept = async (
  { entities, log, logger }: Aggregator,
  partitions: readonly Partition[],
  checkpoints: ReadonlyMap<number, CheckpointDocument>,
): Promise<Uncounted> => {
  const uncounted = new Map<Entity, Set<number>>();
  for (const entity of keepingOf(entities.values())) {
    const countsIn = (number: number) => checkpoints.get(number)?.kept?.[entity.name];
    const restoring = partitions.filter(({ served }) => !served);
    const counted = restoring.reduce((sum, { number }) => sum + (countsIn(number)?.events ?? 0), 0);
    const isLost = counted > 0 && !(await hasRecords(log, entity, readDeadlineMs));
    if (isLost) logger.warn(`The records of ${entity.name} are gone. Making them again from all events`);
    for (const partition of restoring) {
      const counts = isLost ? undefined : countsIn(partition.number);
      beginKept(partition, entity, counts, counts?.at.getTime(), timesOf(counts));
      // without a checkpoint, all events are read anyway
      if (!counts && checkpoints.has(partition.number))
        uncounted.set(entity, (uncounted.get(entity) ?? new Set<number>()).add(partition.number));
    }
  }
  return uncounted;
};

const timesOf = (counts: KeptCounts | undefined): Times | undefined =>
  counts?.oldest && counts.newest ? { oldest: counts.oldest.getTime(), newest: counts.newest.getTime() } : undefined;

const keepingOf = (entities: Iterable<Entity>): Entity[] => [...entities].filter(({ keep }) => keep !== undefined);

/** Takes all events of these entities in these partitions. Throws when the database does not answer. */
export const takeUncounted = async (
  aggregator: Aggregator,
  uncounted: Uncounted,
  signal: AbortSignal,
): Promise<void> => {
  for (const [entity, partitions] of uncounted) {
    let events: StoredEvent[] = [];
    for await (const event of scanInOrder(aggregator.log, entity.name, undefined, undefined, batchMs)) {
      if (signal.aborted) return;
      if (partitions.has(event.partition)) events.push(event);
      if (events.length < takenInOneGoMax) continue;
      await takeAndFlush(aggregator, events, signal);
      events = [];
    }
    await takeAndFlush(aggregator, events, signal);
  }
};

const takenInOneGoMax = 500;

/**
 * Takes events from a scan of the log. When very many states of entities with `keep` have changed, it saves them, and
 * takes them out of memory.
 */
export const takeAndFlush = async (
  aggregator: Aggregator,
  events: readonly StoredEvent[],
  signal: AbortSignal,
): Promise<void> => {
  await takeScanned(aggregator, events, signal);
  await immediate(); // requests are answered in between
  if (!aggregator.keeps || signal.aborted) return;
  for (const entity of keepingOf(aggregator.entities.values())) await flush(aggregator, entity);
};

const unsavedMax = 20_000;

const flush = async (aggregator: Aggregator, entity: Entity) => {
  const partitions = [...aggregator.table.values()].filter(({ served }) => !served);
  const unsaved = partitions.reduce((sum, { kept }) => sum + (kept.get(entity.name)?.unsaved.size ?? 0), 0);
  if (unsaved < unsavedMax) return;
  for (const partition of partitions) await saveAndEvict(aggregator, entity, partition);
};

const saveAndEvict = async (aggregator: Aggregator, entity: Entity, partition: Partition) => {
  const numbers = [...(partition.kept.get(entity.name)?.unsaved ?? [])];
  const things = takeThings(aggregator, partition, new Map(numbers.map((number) => [number, undefined])));
  for (let at = 0; at < things.length; at += newInOneGoMax)
    await saveBatch(aggregator, entity, things.slice(at, at + newInOneGoMax));
  if (aggregator.table.get(partition.number) !== partition || partition.served) return; // dropped meanwhile
  evictThings(partition, entity, keptInOne(aggregator, entity), Number.POSITIVE_INFINITY);
  const { membership, settings } = aggregator;
  const since = scanStart(databaseNow(membership.clock), settings.SCAN_OVERLAP_MS);
  forgetEvictedThings(partition, entity, since.getTime()); // there may be millions
};
