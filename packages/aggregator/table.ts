import { absent, applyStored, type Entity, type State, type View } from '@muster/model';
import { isBefore, type Packed, type Position, type StoredEvent } from '@muster/store';
import {
  type Derived,
  grow,
  isComplete,
  noneDerived,
  noneMoved,
  type Order,
  openOrder,
  openTally,
  orderBy,
  putBack,
  type Tally,
  takeOut,
  tallyOf,
  whole,
} from './derived.ts';
import {
  addCounts,
  type Counts,
  catchUp,
  findEvictable,
  forgetEvicted,
  type Kept,
  noteAhead,
  noteCreation,
  noteEvicted,
  noteInService,
  noteKeptSaved,
  openKept,
  setCountsBefore,
  type Times,
  touch,
} from './kept.ts';
import { addId, addLoose, openSortedIds, removeId, type SortedIds, sliceIds, sortLoose } from './sorted-ids.ts';
import {
  addThing,
  changedAtIn,
  changedAtOf,
  countThings,
  entityOf,
  findOrAddStored,
  findThing,
  idOf,
  isActive,
  isThere,
  keyReaderOf,
  openThings,
  removeThing,
  savedVersionOf,
  setPacked,
  setSavedVersion,
  setState,
  stateOf,
  type Things,
  versionMax,
  versionOf,
} from './things.ts';

/**
 * The states that this aggregator holds, by partition. All code may read it. Only the functions of this file change it;
 * the types enforce that.
 */
export type Table = ReadonlyMap<number, Partition>;

export type Partition = {
  readonly number: number;
  readonly served: boolean; // in service: what it says is the log's, to within the lag
  readonly owned: boolean; // this aggregator saves it
  // during a restore: the events that the change stream brings meanwhile, unless there were too many
  readonly pending: readonly StoredEvent[] | 'overflowed' | undefined;
  readonly things: Things;
  readonly active: ReadonlyMap<string, SortedIds>; // by entity's name, without those with `keep`
  readonly kept: ReadonlyMap<string, Kept>; // by entity's name: those with `keep`
  readonly derived: ReadonlyMap<string, Derived>; // by entity's name: what was asked for
  readonly events: number; // the sum of the versions of its states, also of those that are not in memory
  readonly changed: Changed;
  // if it is surplus here: since when all its wanted replicas serve it, on the monotonic clock
  readonly surplusSince: number | undefined;
  readonly parked: ReadonlyMap<string, Parked>; // by stream
  readonly parkedEvents: number;
  readonly snapshot: number; // how many snapshots this start took of it
};

/**
 * The numbers of the things changed since the stored checkpoint, each with the position of the heartbeat after which
 * the stream brought the last change: a checkpoint of a later heartbeat reaches it. Undefined where it was read from
 * the log itself, which may be ahead of the stream.
 */
export type Changed = ReadonlyMap<number, Position | undefined>;

/**
 * A stream with an event that does not parse. It keeps the state before that event. `letters` are the events that are
 * not saved as dead letters yet.
 */
export type Parked = { readonly version: number; readonly problem: string; readonly letters: readonly StoredEvent[] };

/** The changes that a snapshot takes out of a partition. */
export type Unsaved = {
  readonly partition: Partition;
  readonly changed: Changed;
  readonly letters: readonly { parked: Parked; event: StoredEvent }[];
};

// the same values, writable for this file
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type MutablePartition = Mutable<Omit<Partition, 'active' | 'changed' | 'derived' | 'kept' | 'parked' | 'pending'>> & {
  pending: StoredEvent[] | 'overflowed' | undefined;
  active: Map<string, SortedIds>;
  kept: Map<string, Kept>;
  derived: Map<string, Derived>;
  changed: Map<number, Position | undefined>;
  parked: Map<string, Parked>;
};
type MutableParked = Mutable<Omit<Parked, 'letters'>> & { letters: StoredEvent[] };

// this file makes all of them
const partitionsIn = (table: Table) => table as Map<number, MutablePartition>;
const changing = (partition: Partition) => partition as MutablePartition;
const changingParked = (parked: Parked) => parked as MutableParked;

/**
 * `known`: it was applied before. `hole`: the version before it is missing; read the stream from the log. `foreign`:
 * this aggregator does not hold its partition.
 */
export type Applied =
  | { kind: 'applied' }
  | { kind: 'known' }
  | { kind: 'hole'; above: number }
  | { kind: 'parked' }
  | { kind: 'foreign' };

export const openTable = (partitions: readonly number[]): Table =>
  new Map(partitions.map((number) => [number, openPartition(number)]));

const openPartition = (number: number): MutablePartition => ({
  number,
  served: false,
  owned: false,
  pending: undefined,
  things: openThings(),
  active: new Map(),
  kept: new Map(),
  derived: new Map(),
  events: 0,
  changed: new Map(),
  surplusSince: undefined,
  parked: new Map(),
  parkedEvents: 0,
  snapshot: 0,
});

/** Adds these partitions, empty. Events of theirs are applied as the change stream brings them. */
export const holdPartitions = (table: Table, numbers: readonly number[]): void => {
  for (const number of numbers) partitionsIn(table).set(number, openPartition(number));
};

/**
 * Adds these partitions, empty, and discards what was there before. Events of theirs are kept until `endPending`.
 */
export const beginPending = (table: Table, numbers: readonly number[]): Partition[] =>
  numbers.map((number) => {
    const partition: MutablePartition = { ...openPartition(number), pending: [] };
    partitionsIn(table).set(number, partition);
    return partition;
  });

/** Discards the kept events. From now on, events are applied as the change stream brings them. */
export const endPending = (partition: Partition): void => {
  changing(partition).pending = undefined;
};

export const dropPartitions = (table: Table, numbers: Iterable<number>): void => {
  for (const number of [...numbers]) partitionsIn(table).delete(number);
};

/**
 * Puts these partitions in service. Everything that was read from the log comes before `heartbeat`, the last heartbeat
 * that came back.
 */
export const serve = (table: Table, numbers: readonly number[], heartbeat: Position | undefined): Partition[] => {
  const partitions = numbers.flatMap((number) => partitionsIn(table).get(number) ?? []);
  for (const partition of partitions) {
    partition.served = true;
    for (const kept of partition.kept.values()) noteInService(kept);
    if (heartbeat) placeChanged(partition, heartbeat);
  }
  return partitions;
};

/** Makes this aggregator the owner of these partitions and no others. Returns those that it did not own before. */
export const own = (table: Table, numbers: readonly number[]): Partition[] => {
  const isNew = (partition: Partition) => !partition.owned && numbers.includes(partition.number);
  const added = [...table.values()].filter(isNew);
  for (const partition of partitionsIn(table).values()) partition.owned = numbers.includes(partition.number);
  return added;
};

/**
 * Notes whether a partition is surplus here: its wanted replicas are other aggregators, and all of them serve it.
 * Returns since when, in milliseconds on the monotonic clock, or undefined if it is not surplus.
 */
export const noteSurplus = (partition: Partition, isSurplus: boolean, now: number): number | undefined => {
  const since = isSurplus ? (partition.surplusSince ?? now) : undefined;
  changing(partition).surplusSince = since;
  return since;
};

/** Returns the state of a thing, or an absent one if it never existed. Unpacks it, each time. */
export const findState = ({ things }: Partition, entity: string, id: string): State => {
  const number = findThing(things, entity, id);
  return number < 0 ? absent : stateOf(things, number);
};

/** Whether a thing is in memory. One of an entity with `keep` may be in its record only. */
export const isInMemory = ({ things }: Partition, entity: string, id: string): boolean =>
  findThing(things, entity, id) >= 0;

/** Returns the version of a thing's state, or 0 if it never existed. */
export const findVersion = ({ things }: Partition, entity: string, id: string): number => {
  const number = findThing(things, entity, id);
  return number < 0 ? 0 : versionOf(things, number);
};

/** Returns up to `limit` active things in the order of their ids, beginning with the one at `offset` (from 0). */
export const listActive = (
  { active, things }: Partition,
  entity: string,
  offset: number,
  limit: number,
): [id: string, state: State][] => {
  const ids = active.get(entity);
  const numbers = ids ? sliceIds(ids, offset, limit) : [];
  return numbers.map((number) => [idOf(things, number), stateOf(things, number)]);
};

/** Returns up to `limit` things, active or not, in the order of their ids, beginning after the id `after`. */
export const listThings = (
  { things }: Partition,
  entity: string,
  after: string,
  limit: number,
): [id: string, state: State][] => {
  const found: [id: string, number: number][] = [];
  for (let number = 0; number < countThings(things); number += 1) {
    if (!isThere(things, number)) continue;
    const id = idOf(things, number);
    if (id > after && entityOf(things, number).name === entity) found.push([id, number]);
  }
  const page = found.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, limit);
  return page.map(([id, number]) => [id, stateOf(things, number)]);
};

/** Returns the active things of an entity in the order of these fields, or undefined while that is not complete. */
export const findOrder = (partition: Partition, entity: Entity, ...fields: string[]): Order | undefined => {
  const { active, things } = partition;
  if (fields[0] === 'id') {
    const readId = keyReaderOf(things, entity, 'id');
    return {
      fields,
      read: readId,
      reads: [readId],
      readId,
      ids: active.get(entity.name) ?? openSortedIds(things),
      grown: whole,
    };
  }
  const order = orderBy(derivedIn(partition, entity), fields);
  return order && isComplete(order) ? order : undefined;
};

/**
 * Adds up to `count` things to the order of these fields. Returns true when the order is complete. It takes 5 to 7
 * bytes for each active thing, as the keys stay in the states.
 */
export const growOrder = (partition: Partition, entity: Entity, count: number, ...fields: string[]): boolean => {
  if (findOrder(partition, entity, ...fields)) return true;
  const { orders, tallies } = derivedIn(partition, entity);
  const known = orderBy({ orders, tallies }, fields);
  const order = known ?? openOrder(partition.things, entity, fields);
  if (!known) changing(partition).derived.set(entity.name, { orders: [...orders, order], tallies });
  return grow(order, partition.things, entity, count);
};

/** Returns the active things of an entity as a view counts them, or undefined while that is not complete. */
export const findTally = (partition: Partition, entity: Entity, view: View): Tally | undefined => {
  const tally = tallyOf(derivedIn(partition, entity), view);
  return tally && isComplete(tally) ? tally : undefined;
};

/** Adds up to `count` things to the tally of a view. Returns true when the tally is complete. */
export const growTally = (partition: Partition, entity: Entity, count: number, view: View): boolean => {
  if (findTally(partition, entity, view)) return true;
  const { orders, tallies } = derivedIn(partition, entity);
  const known = tallyOf({ orders, tallies }, view);
  const tally = known ?? openTally(partition.things, entity, view);
  if (!known) changing(partition).derived.set(entity.name, { orders, tallies: [...tallies, tally] });
  return grow(tally, partition.things, entity, count);
};

const derivedIn = ({ derived }: Partition, { name }: Entity): Derived => derived.get(name) ?? noneDerived;

export const countActive = ({ active, kept }: Partition, entity: string): number =>
  kept.get(entity)?.active ?? active.get(entity)?.size ?? 0;

/**
 * Applies an event to the state of its stream. The same event again, or an older one, changes nothing. The result
 * depends only on the event and on the state of its stream. `after` is the heartbeat after which the change stream
 * brought the event, or undefined if it was read from the log.
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
  const { things } = partition;
  const number = findThing(things, entity.name, stored.entityId);
  const known = number < 0 ? 0 : versionOf(things, number);
  if (number < 0 && isCountedBefore(partition, entity, stored)) return { kind: 'known' };
  if (stored.version <= known) {
    if (entity.keep !== undefined) countKnown(partition, entity, number, stored);
    return placeKnown(partition, number, stored, after);
  }
  if (partition.parked.has(streamKey(stored)))
    return park(partition, stored, 'it follows an event that could not be understood');
  if (stored.version > known + 1) return { kind: 'hole', above: known };
  const applied = applyStored(entity, number < 0 ? absent : stateOf(things, number), stored);
  if (applied.kind === 'poison') return park(partition, stored, applied.problem);
  const next = number < 0 ? addThing(things, entity, stored.entityId) : number;
  putState(partition, next, applied.state);
  changing(partition).changed.set(next, after);
  if (entity.keep !== undefined) touch(keptIn(partition, entity), next, true);
  return { kind: 'applied' };
};

/**
 * Whether a restore began with counts that include this event of an entity with `keep`. Then its record has the event,
 * too.
 */
export const isCountedBefore = ({ kept, served }: Partition, { keep, name }: Entity, { at }: StoredEvent): boolean =>
  keep !== undefined && !served && at.getTime() < (kept.get(name)?.since ?? Number.NEGATIVE_INFINITY);

/**
 * Whether memory has had this event of an entity with `keep`, although the thing is not in memory: a scan of the log
 * brings it again while the partition is served.
 */
export const isTakenBefore = (partition: Partition, { keep, name }: Entity, { at, entityId }: StoredEvent): boolean =>
  keep !== undefined &&
  partition.served &&
  at.getTime() < (partition.kept.get(name)?.evictedSince ?? Number.NEGATIVE_INFINITY) &&
  !isInMemory(partition, name, entityId);

const keptIn = (partition: Partition, { name }: Entity): Kept => {
  const known = partition.kept.get(name);
  if (known) return known;
  const kept = openKept();
  changing(partition).kept.set(name, kept);
  return kept;
};

/**
 * Begins a restore of the things of an entity with `keep`: none is in memory, and the counts are those of all events
 * before `since`, in milliseconds since 1970. Without counts, all events will be counted.
 */
export const beginKept = (
  partition: Partition,
  entity: Entity,
  counts?: Counts,
  since?: number,
  times?: Times,
): void => {
  const former = partition.kept.get(entity.name);
  for (const number of former ? [...former.touched.keys()] : []) forget(partition, number);
  changing(partition).events += (counts?.events ?? 0) - (former?.events ?? 0);
  changing(partition).kept.set(entity.name, openKept(counts, since, times));
};

/** Sets the counts of an entity with `keep`, of all events before a time. Adds what later events have changed. */
export const recountKept = (partition: Partition, entity: Entity, counts: Counts, until: Date): void => {
  const kept = keptIn(partition, entity);
  const former = kept.events;
  setCountsBefore(kept, counts, until.getTime());
  changing(partition).events += kept.events - former;
};

/**
 * Puts a thing back into memory that the partition has counted at a version, with the state of its record. `counted` is
 * 0 for a thing that is new here. If the record is newer, its events are counted when they come.
 */
export const recallThing = (partition: Partition, entity: Entity, id: string, counted: number, saved: State): void => {
  const number = addThing(partition.things, entity, id);
  const kept = keptIn(partition, entity);
  setState(partition.things, number, saved);
  setSavedVersion(partition.things, number, saved.version);
  touch(kept, number, false);
  if (saved.status !== 'absent') noteCreation(kept, saved.createdAt.getTime());
  if (saved.version > counted) noteAhead(kept, number, counted);
  // without a record that is new enough, events that are counted are read from the log, and counted again
  if (saved.version < counted) countKept(partition, kept, saved, saved.version - counted, true);
};

/** Counts an event that the state has already, as its record was newer than what was counted. */
const countKnown = (partition: Partition, entity: Entity, number: number, { at, version }: StoredEvent) => {
  const kept = partition.kept.get(entity.name);
  const { things } = partition;
  const events = kept ? catchUp(kept, number, version, versionOf(things, number)) : 0;
  if (!kept || events === 0) return;
  // a thing is active from its first event on, and may be deleted by its last one
  const isDeletion = version === versionOf(things, number) && !isActive(things, number);
  addCounts(kept, at.getTime(), Number(version === events) - Number(isDeletion), events);
  changing(partition).events += events;
};

// a thing to which a further event happened was active before
const countKept = (partition: Partition, kept: Kept, state: State, events: number, wasActive: boolean) => {
  const active = Number(state.status === 'active') - Number(wasActive);
  if (state.status !== 'absent') noteCreation(kept, state.createdAt.getTime());
  addCounts(kept, changedAtIn(state), active, events);
  changing(partition).events += events;
};

/**
 * Takes things of an entity with `keep` out of memory: those that `findEvictable` finds. Returns their number. `early`
 * says that the partition is not in service yet.
 */
export const evictThings = (partition: Partition, entity: Entity, most: number, before: number): number => {
  const kept = partition.kept.get(entity.name);
  const found = kept ? findEvictable(kept, most, before).filter((number) => !isParkedThing(partition, number)) : [];
  for (const number of found) forget(partition, number);
  return found.length;
};

/** Forgets which things of an entity with `keep` left memory before a time, as `forgetEvicted` says. */
export const forgetEvictedThings = ({ kept }: Partition, { name }: Entity, before: number): void => {
  const ofEntity = kept.get(name);
  if (ofEntity) forgetEvicted(ofEntity, before);
};

const isParkedThing = ({ parked, things }: Partition, number: number): boolean =>
  parked.size > 0 && parked.has(streamKey({ entity: entityOf(things, number).name, entityId: idOf(things, number) }));

const forget = (partition: Partition, number: number) => {
  const { things } = partition;
  const kept = partition.kept.get(entityOf(things, number).name);
  const known = { id: idOf(things, number), version: versionOf(things, number), at: changedAtOf(things, number) };
  if (kept) noteEvicted(kept, number, known, !partition.served);
  changing(partition).changed.delete(number);
  removeThing(things, number);
};

/** Sets the position of a change that was read from the log before the change stream brought it. */
const placeKnown = (
  partition: Partition,
  number: number,
  { version }: StoredEvent,
  after: Position | undefined,
): Applied => {
  if (after && partition.changed.has(number) && versionOf(partition.things, number) === version)
    changing(partition).changed.set(number, after);
  return { kind: 'known' };
};

const placeChanged = ({ changed }: MutablePartition, heartbeat: Position) => {
  for (const [number, after] of changed) if (!after) changed.set(number, heartbeat);
};

/** Forgets the changes that a checkpoint of this heartbeat covers: those before the heartbeat. */
export const dropReached = (partition: Partition, reached: Position): void => {
  const { changed } = changing(partition);
  for (const [number, after] of changed)
    if (after && isBefore(after, reached)) {
      changed.delete(number);
      noteSaved(partition, number, versionOf(partition.things, number)); // by the owner
    }
};

/** Keeps an event while its partition is restored. Returns false if the partition is not being restored. */
export const keepPending = (partition: Partition, stored: StoredEvent): boolean => {
  const kept = changing(partition);
  if (kept.pending === undefined) return false;
  if (kept.pending !== 'overflowed' && kept.pending.push(stored) > pendingMax) kept.pending = 'overflowed';
  return true;
};

const pendingMax = 200_000;

/** A saved state, packed or not. */
type Saved = { version: number } & ({ packed: Packed } | { id: string; state: State });

/**
 * Puts the state of a record into the table, unless the table has the same or a newer version. Call `endLoading` after
 * the last one.
 */
export const loadEntry = (partition: Partition, entity: Entity, saved: Saved): void => {
  const { version } = saved;
  if (partition.derived.size > 0) changing(partition).derived.clear(); // made again when it is asked for
  if (!Number.isInteger(version) || version > versionMax) return; // as if there were no record
  const { things } = partition;
  const number =
    'packed' in saved ? findOrAddStored(things, entity, saved.packed) : findOrAdd(things, entity, saved.id);
  const known = versionOf(things, number);
  if (version > known) {
    const wasActive = isActive(things, number);
    changing(partition).events += version - known;
    if ('packed' in saved) setPacked(things, number, version, saved.packed);
    else setState(things, number, saved.state);
    noteActive(partition, entity, number, wasActive, addLoose);
  }
  noteSaved(partition, number, version);
};

const findOrAdd = (things: Things, entity: Entity, id: string): number => {
  const found = findThing(things, entity.name, id);
  return found < 0 ? addThing(things, entity, id) : found;
};

/** Sorts the ids of the things that were loaded. */
export const endLoading = ({ active }: Partition): void => {
  for (const ids of active.values()) sortLoose(ids);
};

/** Notes that the record of this version is saved. */
export const noteSaved = ({ kept, things }: Partition, number: number, version: number): void => {
  if (!isThere(things, number)) return;
  if (version > savedVersionOf(things, number)) setSavedVersion(things, number, version);
  if (kept.size === 0 || version < versionOf(things, number)) return;
  const ofEntity = kept.get(entityOf(things, number).name);
  if (ofEntity) noteKeptSaved(ofEntity, number);
};

/** Takes the unsaved changes out of a partition, for its next snapshot. */
export const takeUnsaved = (partition: Partition): Unsaved => {
  const taken = changing(partition);
  const { changed } = taken; // not copied: there may be very many
  const letters = [...taken.parked.values()].flatMap((parked) =>
    changingParked(parked)
      .letters.splice(0)
      .map((event) => ({ parked, event })),
  );
  taken.changed = new Map();
  taken.snapshot += 1;
  return { partition, changed, letters };
};

/** Puts back changes that were not saved. A thing that changed again keeps the position of the later change. */
export const putBackUnsaved = ({ partition, changed: taken, letters }: Unsaved): void => {
  const { changed } = changing(partition);
  for (const [number, after] of taken)
    if (!changed.has(number) && isThere(partition.things, number)) changed.set(number, after);
  for (const { parked, event } of letters) changingParked(parked).letters.push(event);
};

/** Whether this partition has something to save. */
export const hasUnsaved = ({ changed, parked }: Partition): boolean =>
  changed.size > 0 || [...parked.values()].some(({ letters }) => letters.length > 0);

/**
 * Parks a stream at this event. Its state stays, and its later events are parked, too. All other streams go on. The
 * same event counts once.
 */
export const park = (partition: Partition, stored: StoredEvent, problem: string): Applied => {
  const kept = changing(partition);
  const key = streamKey(stored);
  const parked = changingParked(kept.parked.get(key) ?? { version: stored.version - 1, problem, letters: [] });
  kept.parked.set(key, parked);
  if (stored.version <= parked.version) return { kind: 'known' };
  parked.version = stored.version;
  parked.letters.push(stored);
  kept.parkedEvents += 1;
  return { kind: 'parked' };
};

export const streamKey = ({ entity, entityId }: { entity: string; entityId: string }): string =>
  `${entity}:${entityId}`;

const putState = (partition: Partition, number: number, state: State) => {
  const { things } = partition;
  const entity = entityOf(things, number);
  const wasActive = isActive(things, number);
  const events = state.version - versionOf(things, number);
  if (entity.keep !== undefined) {
    setState(things, number, state);
    return countKept(partition, keptIn(partition, entity), state, events, wasActive);
  }
  const derived = partition.derived.size > 0 ? partition.derived.get(entity.name) : undefined;
  const moved = derived ? takeOut(derived, number, wasActive, state) : noneMoved;
  changing(partition).events += events;
  setState(things, number, state);
  noteActive(partition, entity, number, wasActive, addId);
  putBack(moved, number);
};

const noteActive = (
  partition: Partition,
  { name }: Entity,
  number: number,
  wasActive: boolean,
  add: typeof addId,
): void => {
  if (wasActive === isActive(partition.things, number)) return;
  const { active } = changing(partition);
  const ids = active.get(name) ?? openSortedIds(partition.things);
  active.set(name, ids);
  if (wasActive) removeId(ids, number);
  else add(ids, number);
};
