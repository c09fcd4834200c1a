import { absent, type Entity, type State } from '@muster/model';
import { retryUntil } from '@muster/runtime';
import { readStates, type StoredEvent } from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { isCountedBefore, isInMemory, isTakenBefore, type Partition, recallThing, streamKey } from './table.ts';

// A thing of an entity with `keep` that is not in memory is in its record, with all events that were taken so far.

const readDeadlineMs = 5_000;

/** A thing whose record is needed, and the version of the event that needs it. */
type Wanted = { partition: Partition; entity: Entity; id: string; version: number };

/** Where events come from: the change stream, those kept during a restore, a scan of the log, or dead letters. */
export type Source = 'stream' | 'pending' | 'scan' | 'parked';

/**
 * Puts the things back into memory to which these events happened, so that the events can be applied. Tries until the
 * database answers, or `signal` aborts. The events must be applied at once: after an `await`, call it again.
 */
export const recallFor = async (
  aggregator: Aggregator,
  events: readonly StoredEvent[],
  source: Source,
  signal: AbortSignal,
): Promise<void> => {
  const asked = new Set<string>(); // things without a record: they are new
  const find = () => findWanted(aggregator, events, source, asked);
  // while records were read, other things may have left memory. What was put back stays until the next heartbeat
  for (let wanted = find(); wanted.size > 0 && !signal.aborted; wanted = find())
    for (const list of byEntity(wanted)) await recall(aggregator, list, source, asked, signal);
};

const findWanted = (
  { entities, table }: Aggregator,
  events: readonly StoredEvent[],
  source: Source,
  asked: ReadonlySet<string>,
): Map<string, Wanted> => {
  const found = new Map<string, Wanted>();
  const met = new Set<string>(); // after the first event of a thing, it is in memory
  for (const stored of events) {
    const entity = entities.get(stored.entity);
    if (entity?.keep === undefined) continue;
    const partition = table.get(stored.partition);
    const key = streamKey(stored);
    if (
      !partition ||
      met.has(key) ||
      asked.has(key) ||
      (source !== 'parked' && isCountedBefore(partition, entity, stored)) ||
      (source === 'scan' && isTakenBefore(partition, entity, stored))
    )
      continue;
    met.add(key);
    if (!mayHaveRecord(partition, entity, stored, source)) continue;
    if (partition.parked.has(key) || isInMemory(partition, entity.name, stored.entityId)) continue;
    found.set(key, { partition, entity, id: stored.entityId, version: stored.version });
  }
  return found;
};

/**
 * Whether a thing that is not in memory may have a record. The change stream brings the first event of a thing once,
 * before there is a record. A scan of the log may bring events that were saved before.
 */
const mayHaveRecord = (
  { kept, pending }: Partition,
  { name }: Entity,
  { version }: StoredEvent,
  source: Source,
): boolean => {
  if (source === 'parked') return true;
  if (source === 'stream' && pending !== undefined) return false; // it is applied later
  return version > 1 || source === 'scan' || kept.get(name)?.evictedEarly === true;
};

const byEntity = (found: ReadonlyMap<string, Wanted>): Wanted[][] => {
  const lists = new Map<Entity, Wanted[]>();
  for (const wanted of found.values()) lists.set(wanted.entity, [...(lists.get(wanted.entity) ?? []), wanted]);
  return [...lists.values()];
};

const recall = async (
  aggregator: Aggregator,
  wanted: readonly Wanted[],
  source: Source,
  asked: Set<string>,
  signal: AbortSignal,
): Promise<void> => {
  const [{ entity }] = wanted as [Wanted];
  const complain = (error: unknown) =>
    aggregator.logger.warn({ err: error }, `Cannot read records of ${entity.name} back into memory, trying again`);
  const read = async () => {
    const ids = wanted.map(({ id }) => id);
    const states = await readStates(aggregator.log, entity, ids, readDeadlineMs);
    for (const one of wanted)
      if (!putBack(aggregator, one, states.get(one.id) ?? absent, source))
        asked.add(streamKey({ entity: entity.name, entityId: one.id }));
    return true;
  };
  await retryUntil(read, signal, complain);
};

/** Puts one thing back, with what is counted of it. Returns whether it did: otherwise it is new. */
const putBack = (
  { metrics, table }: Aggregator,
  { partition, entity, id, version }: Wanted,
  saved: State,
  source: Source,
): boolean => {
  const isHere = table.get(partition.number) === partition; // false once it was dropped
  if (!isHere || isInMemory(partition, entity.name, id)) return false;
  const counted = countedOf(partition, entity, { id, version }, saved, source);
  if (counted === 0 && saved.version === 0 && source !== 'parked') return false; // it is new
  recallThing(partition, entity, id, counted, saved);
  metrics.recalled.inc();
  return true;
};

/**
 * Returns how many events of a thing are counted when one of them comes. All that came before it are, and also later
 * ones where events come again: those that it had when it left memory. The record does not show that, as another
 * aggregator may have saved it.
 */
const countedOf = (
  { kept, served }: Partition,
  { name }: Entity,
  { id, version }: Pick<Wanted, 'id' | 'version'>,
  saved: State,
  source: Source,
): number => {
  const { evicted, evictedEarly } = kept.get(name) ?? {};
  const mayComeAgain = served ? source === 'scan' : evictedEarly === true;
  if (!mayComeAgain) return version - 1;
  const left = evicted?.get(id);
  if (left) return left.version;
  // before a partition is served, things leave memory only if very many have changed: not all of them are noted
  return !served && saved.version >= version ? saved.version : version - 1;
};
