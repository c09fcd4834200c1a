import { absent, type Entity, evolve, parseEvent, type State } from '@muster/model';
import { isBefore, type Position, type StoredEvent } from '@muster/store';
import { addId, openSortedIds, removeId, type SortedIds } from './sorted-ids.ts';

/**
 * The states that this aggregator holds, by partition. A plain value, changed by `applyEvent`, `loadEntry` and what
 * marks changes, in this file only.
 */
export type Table = Map<number, Partition>;

export type Partition = {
  number: number;
  served: boolean; // restored: what it says is the log's, to within the lag
  owned: boolean; // this aggregator saves it: the first of its replicas
  // while it is being restored beside others: what the stream brought meanwhile, unless that was too much
  pending: StoredEvent[] | 'overflowed' | undefined;
  entries: Map<string, Map<string, Entry>>; // by entity's name, then id
  active: Map<string, SortedIds>; // by entity's name
  events: number; // the sum of the versions of its states
  changed: Changed;
  // when its other replicas were first seen to serve it, where it is to be dropped here; on the monotonic clock
  surplusSince: number | undefined;
  parked: Map<string, Parked>; // by stream
  parkedEvents: number;
  snapshot: number; // how many snapshots this start took of it
};

/**
 * The entries changed since the stored checkpoint, each with the position of the heartbeat after which the stream
 * brought the last change: a checkpoint of a later heartbeat reaches it. Undefined where it was read from the log
 * itself, which may be ahead of the stream.
 */
export type Changed = Map<Entry, Position | undefined>;

export type Entry = { entity: Entity; id: string; state: State; savedVersion: number };

/**
 * A stream with an event that cannot be understood: its state stays as it was before it. `letters` are the events still
 * to be kept as dead letters.
 */
export type Parked = { version: number; problem: string; letters: StoredEvent[] };

/**
 * `known`: applied before · `hole`: its predecessor is missing, read the stream · `foreign`: of a partition that is not
 * held here.
 */
export type Applied =
  | { kind: 'applied'; entry: Entry }
  | { kind: 'known' }
  | { kind: 'hole'; above: number }
  | { kind: 'parked' }
  | { kind: 'foreign' };

export const openTable = (partitions: readonly number[]): Table =>
  new Map(partitions.map((number) => [number, openPartition(number)]));

export const openPartition = (number: number): Partition => ({
  number,
  served: false,
  owned: false,
  pending: undefined,
  entries: new Map(),
  active: new Map(),
  events: 0,
  changed: new Map(),
  surplusSince: undefined,
  parked: new Map(),
  parkedEvents: 0,
  snapshot: 0,
});

/**
 * Of the partitions that a stream began with those that are restored: not what was added, or went and came again, while
 * that lasted.
 */
export const restoredAmong = (table: Table, numbers: readonly number[]): Partition[] =>
  numbers.flatMap((number) => table.get(number) ?? []).filter(({ pending }) => pending === undefined);

export const findEntry = (partition: Partition, entity: string, id: string): Entry | undefined =>
  partition.entries.get(entity)?.get(id);

export const countActive = (partition: Partition, entity: string): number => partition.active.get(entity)?.size ?? 0;

/**
 * Applies an event to the state of its stream: the same event twice, or an older one, changes nothing. Depends on that
 * stream's state and the event only. `after`: the heartbeat after which the stream brought it; undefined where it was
 * read from the log itself.
 */
export const applyEvent = (
  table: Table,
  entities: ReadonlyMap<string, Entity>,
  stored: StoredEvent,
  after: Position | undefined,
): Applied => {
  const partition = table.get(stored.partition);
  if (!partition) return { kind: 'foreign' };
  const entity = entities.get(stored.entity);
  if (!entity) return park(partition, stored, `no entity "${stored.entity}" is known here`);
  const entry = findEntry(partition, entity.name, stored.entityId);
  const known = entry?.state.version ?? 0;
  if (stored.version <= known) return placeKnown(partition, entry, stored, after);
  if (partition.parked.has(streamKey(stored)))
    return park(partition, stored, 'it follows an event that could not be understood');
  if (stored.version > known + 1) return { kind: 'hole', above: known };
  const parsed = parseEvent(entity, stored);
  if (parsed.kind === 'poison') return park(partition, stored, parsed.problem);
  const next = entry ?? addEntry(partition, entity, stored.entityId);
  putState(partition, next, evolve(next.state, parsed.event));
  partition.changed.set(next, after);
  return { kind: 'applied', entry: next };
};

/** Of a change that was read from the log before the stream brought it: now its place is known. */
const placeKnown = (
  partition: Partition,
  entry: Entry | undefined,
  { version }: StoredEvent,
  after: Position | undefined,
): Applied => {
  if (after && entry?.state.version === version && partition.changed.has(entry)) partition.changed.set(entry, after);
  return { kind: 'known' };
};

/** Everything that was read from the log so far lies before this heartbeat. */
export const placeChanged = ({ changed }: Partition, heartbeat: Position): void => {
  for (const [entry, after] of changed) if (!after) changed.set(entry, heartbeat);
};

/** Forgets the changes that a checkpoint of this heartbeat reaches: those that came strictly before it. */
export const dropReached = ({ changed }: Partition, reached: Position): void => {
  for (const [entry, after] of changed) if (after && isBefore(after, reached)) changed.delete(entry);
};

/** Keeps an event that the stream brought until its partition is restored; true where it is one of these. */
export const keepPending = (partition: Partition, stored: StoredEvent): boolean => {
  if (partition.pending === undefined) return false;
  if (partition.pending !== 'overflowed' && partition.pending.push(stored) > pendingMax)
    partition.pending = 'overflowed';
  return true;
};

const pendingMax = 200_000;

/** Puts a state read from a snapshot into the table, unless what is there is as new. */
export const loadEntry = (partition: Partition, entity: Entity, id: string, state: State): void => {
  const entry = findEntry(partition, entity.name, id) ?? addEntry(partition, entity, id);
  entry.savedVersion = Math.max(entry.savedVersion, state.version);
  if (state.version > entry.state.version) putState(partition, entry, state);
};

/**
 * Parks a stream at this event: its state stays, its later events are parked too, all others go on. The same event
 * twice counts once.
 */
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

export const streamKey = ({ entity, entityId }: { entity: string; entityId: string }): string =>
  `${entity}:${entityId}`;

const addEntry = (partition: Partition, entity: Entity, id: string): Entry => {
  const entry: Entry = { entity, id, state: absent, savedVersion: 0 };
  const entries = partition.entries.get(entity.name) ?? new Map<string, Entry>();
  partition.entries.set(entity.name, entries.set(id, entry));
  return entry;
};

const putState = (partition: Partition, entry: Entry, state: State) => {
  partition.events += state.version - entry.state.version;
  const wasActive = entry.state.status === 'active';
  entry.state = state;
  if (wasActive === (state.status === 'active')) return;
  const active = partition.active.get(entry.entity.name) ?? openSortedIds();
  partition.active.set(entry.entity.name, active);
  if (wasActive) removeId(active, entry.id);
  else addId(active, entry.id);
};
