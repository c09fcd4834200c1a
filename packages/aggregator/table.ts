import type { StoredEvent } from '@muster/log';
import { absent, type Entity, evolve, parseEvent, type State } from '@muster/model';
import { addId, openSortedIds, removeId, type SortedIds } from './sorted-ids.ts';

/** The states that this aggregator holds, by partition. A plain value, changed by `applyEvent`, `loadEntry` and the snapshot's marks in this file only. */
export type Table = Map<number, Partition>;

export type Partition = {
  number: number;
  served: boolean; // restored: what it says is the log's, to within the lag
  entries: Map<string, Map<string, Entry>>; // by entity's name, then id
  living: Map<string, SortedIds>; // by entity's name
  events: number; // the sum of the versions of its states
  changed: Set<Entry>; // since the last snapshot
  parked: Map<string, Parked>; // by stream
  parkedEvents: number;
  snapshot: number; // the number of the last snapshot taken
};

export type Entry = { entity: Entity; id: string; state: State; savedVersion: number };

/** A stream with an event that cannot be understood: its state stays as it was before it. `letters` are the events still to be kept as dead letters. */
export type Parked = { version: number; problem: string; letters: StoredEvent[] };

/** `known`: applied before · `hole`: its predecessor is missing, read the stream · `foreign`: of a partition that is not held here. */
export type Applied = { kind: 'applied'; entry: Entry } | { kind: 'known' } | { kind: 'hole'; above: number } | { kind: 'parked' } | { kind: 'foreign' };

export const openTable = (partitions: readonly number[]): Table => new Map(partitions.map((number) => [number, openPartition(number)]));

const openPartition = (number: number): Partition => ({
  number,
  served: false,
  entries: new Map(),
  living: new Map(),
  events: 0,
  changed: new Set(),
  parked: new Map(),
  parkedEvents: 0,
  snapshot: 0,
});

export const findEntry = (partition: Partition, entity: string, id: string): Entry | undefined => partition.entries.get(entity)?.get(id);

export const countLiving = (partition: Partition, entity: string): number => partition.living.get(entity)?.size ?? 0;

/**
 * Applies an event to the state of its stream: the same event twice, or an older one, changes nothing. Depends on that stream's state and the event only.
 */
export const applyEvent = (table: Table, entities: ReadonlyMap<string, Entity>, stored: StoredEvent): Applied => {
  const partition = table.get(stored.partition);
  if (!partition) return { kind: 'foreign' };
  const entity = entities.get(stored.entity);
  if (!entity) return park(partition, stored, `no entity "${stored.entity}" is known here`);
  const entry = findEntry(partition, entity.name, stored.entityId);
  const known = entry?.state.version ?? 0;
  if (stored.version <= known) return { kind: 'known' };
  if (partition.parked.has(streamKey(stored))) return park(partition, stored, 'it follows an event that could not be understood');
  if (stored.version > known + 1) return { kind: 'hole', above: known };
  const parsed = parseEvent(entity, stored);
  if (parsed.kind === 'poison') return park(partition, stored, parsed.problem);
  const next = entry ?? addEntry(partition, entity, stored.entityId);
  putState(partition, next, evolve(next.state, parsed.event));
  partition.changed.add(next);
  return { kind: 'applied', entry: next };
};

/** Puts a state read from a snapshot into the table, unless what is there is as new. */
export const loadEntry = (partition: Partition, entity: Entity, id: string, state: State): void => {
  const entry = findEntry(partition, entity.name, id) ?? addEntry(partition, entity, id);
  entry.savedVersion = Math.max(entry.savedVersion, state.version);
  if (state.version > entry.state.version) putState(partition, entry, state);
};

/** Parks a stream at this event: its state stays, its later events are parked too, all others go on. The same event twice counts once. */
export const park = (partition: Partition, stored: StoredEvent, problem: string): Applied => {
  const key = streamKey(stored);
  const parked = partition.parked.get(key) ?? { version: stored.version - 1, problem, letters: [] };
  partition.parked.set(key, parked);
  if (stored.version <= parked.version) return { kind: 'known' };
  parked.version = stored.version;
  parked.letters.push(stored);
  partition.parkedEvents += 1;
  return { kind: 'parked' };
};

export const streamKey = ({ entity, entityId }: { entity: string; entityId: string }): string => `${entity}:${entityId}`;

const addEntry = (partition: Partition, entity: Entity, id: string): Entry => {
  const entry: Entry = { entity, id, state: absent, savedVersion: 0 };
  const entries = partition.entries.get(entity.name) ?? new Map<string, Entry>();
  partition.entries.set(entity.name, entries.set(id, entry));
  return entry;
};

const putState = (partition: Partition, entry: Entry, state: State) => {
  partition.events += state.version - entry.state.version;
  const wasLiving = entry.state.status === 'active';
  entry.state = state;
  if (wasLiving === (state.status === 'active')) return;
  const living = partition.living.get(entry.entity.name) ?? openSortedIds();
  partition.living.set(entry.entity.name, living);
  if (wasLiving) removeId(living, entry.id);
  else addId(living, entry.id);
};
