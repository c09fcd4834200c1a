import { absent, type Entity, present, type State } from '@muster/model';
import { readCheckpoints } from './checkpoints.ts';
import type { CheckpointDocument, RecordDocument, StoredEvent } from './documents.ts';
import { mergePage } from './merge-page.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { catchUpState, foldStored } from './read-stream.ts';
import { covers, stateOf } from './records.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * What the log says of an entity's things beyond the snapshot: for each thing changed since, its state in the snapshot
 * and now.
 */
export type Overlay = {
  partition: number;
  active: number; // in the log now, or in the snapshot where `asOf` is given
  changed: Map<string, { before: State; now: State }>;
  asOf: Date | undefined; // given where the tail is longer than the cap: the answer is the snapshot's, of this time
};

export type SetLimits = { overlapMs: number; tailEventsMax: number; deadlineMs: number };

export const setLimits: SetLimits = { overlapMs: 10_000, tailEventsMax: 20_000, deadlineMs: 1_500 };

/**
 * How many things of an entity live in each of these partitions, without an aggregator: the checkpoints' counts, and
 * the log's tail laid over by id. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const overlaySets = (
  log: Log,
  entity: Entity,
  partitions: readonly number[],
  limits = setLimits,
): Promise<Overlay[]> =>
  withinDeadline(
    layOver(log, entity, partitions, limits),
    limits.deadlineMs,
    `count ${entity.name}s from the snapshot and the log's tail`,
  );

/**
 * What clients see of the active things of one partition, in the order of ids, from `offset` on; `overlay` is that
 * partition's. Undefined when a snapshot moved one of the changed records meanwhile: then take a fresh overlay.
 */
export const readPage = async (
  log: Log,
  entity: Entity,
  overlay: Overlay,
  offset: number,
  limit: number,
  deadlineMs = setLimits.deadlineMs,
): Promise<string[] | undefined> => {
  const changed = [...overlay.changed].map(([id, { before, now }]) => ({
    id,
    wasActive: before.status === 'active',
    isActive: now.status === 'active',
  }));
  const { skip, take } = { skip: Math.max(0, offset - changed.length), take: limit + 2 * changed.length };
  const active = recordsOf(log, entity).find({ partition: overlay.partition, deletedAt: null });
  const page = active.sort({ partition: 1, deletedAt: 1, _id: 1 }).skip(skip).limit(take).toArray();
  const records = await withinDeadline(page, deadlineMs, `list ${entity.name}s of partition ${overlay.partition}`);
  if (!(await isStill(log, entity, [overlay], deadlineMs))) return undefined;
  const states = new Map(records.map((record) => [record._id, stateOf(entity, record)]));
  const ids = mergePage({ base: records.map(({ _id }) => _id), skipped: skip, changed, offset, limit });
  return ids.flatMap((id) => shown(entity, id, overlay.changed.get(id)?.now ?? states.get(id)));
};

const shown = (entity: Entity, id: string, state: State | undefined): string[] =>
  state?.status === 'active' ? [JSON.stringify(present(entity, id, state.fields))] : [];

/** Lays over until no snapshot moved a record in between; the last try stands. */
const layOver = async (
  log: Log,
  entity: Entity,
  partitions: readonly number[],
  limits: SetLimits,
): Promise<Overlay[]> => {
  for (let tries = 1; ; tries += 1) {
    const overlays = await layOverOnce(log, entity, partitions, limits);
    if (tries === layOverTriesMax || (await isStill(log, entity, overlays, limits.deadlineMs))) return overlays;
  }
};

const layOverTriesMax = 5;

/** Whether the records that are laid over still have the versions that they had. */
const isStill = async (
  log: Log,
  entity: Entity,
  overlays: readonly Overlay[],
  deadlineMs: number,
): Promise<boolean> => {
  const changed = new Map(overlays.flatMap((overlay) => [...overlay.changed]));
  if (changed.size === 0) return true;
  const found = recordsOf(log, entity)
    .find({ _id: { $in: [...changed.keys()] } }, { projection: { version: 1 } })
    .toArray();
  const versions = new Map(
    (await withinDeadline(found, deadlineMs, `look at the records of ${entity.name} again`)).map(({ _id, version }) => [
      _id,
      version,
    ]),
  );
  return [...changed].every(([id, { before }]) => (versions.get(id) ?? 0) === before.version);
};

const layOverOnce = async (
  log: Log,
  entity: Entity,
  partitions: readonly number[],
  limits: SetLimits,
): Promise<Overlay[]> => {
  const checkpoints = await readCheckpoints(log, partitions, limits.deadlineMs); // before the records, always
  const events = await readTail(log, entity, partitions, checkpoints, limits);
  if (events.length > limits.tailEventsMax)
    return partitions.map((partition) => asOfSnapshot(entity, partition, checkpoints.get(partition)));
  const ids = [...new Set(events.map((event) => event.entityId))];
  const records =
    ids.length > 0
      ? await recordsOf(log, entity)
          .find({ _id: { $in: ids } })
          .toArray()
      : [];
  const byId = new Map(records.map((record) => [record._id, record]));
  const tails = groupBy(events, (event) => event.partition);
  return Promise.all(
    partitions.map((partition) =>
      layOverOne(log, entity, partition, checkpoints.get(partition), tails.get(partition) ?? [], byId, limits),
    ),
  );
};

const readTail = async (
  log: Log,
  entity: Entity,
  partitions: readonly number[],
  checkpoints: ReadonlyMap<number, CheckpointDocument>,
  limits: SetLimits,
): Promise<StoredEvent[]> => {
  const known = partitions.filter((partition) => checkpoints.has(partition));
  const unknown = partitions.filter((partition) => !checkpoints.has(partition));
  const oldest = Math.min(...known.map((partition) => checkpoints.get(partition)?.at.getTime() ?? 0));
  const since = { partition: { $in: known }, at: { $gte: new Date(oldest - limits.overlapMs) } };
  const parts = [
    ...(known.length > 0 ? [since] : []),
    ...(unknown.length > 0 ? [{ partition: { $in: unknown } }] : []),
  ];
  const found = parts.map((part) =>
    handlesOf(log)
      .events.find({ ...part, entity: entity.name })
      .limit(limits.tailEventsMax + 1)
      .toArray(),
  );
  return (await Promise.all(found)).flat();
};

const layOverOne = async (
  log: Log,
  entity: Entity,
  partition: number,
  checkpoint: CheckpointDocument | undefined,
  tail: StoredEvent[],
  records: ReadonlyMap<string, RecordDocument>,
  limits: SetLimits,
): Promise<Overlay> => {
  const changed: Overlay['changed'] = new Map();
  let isAhead = checkpoint === undefined;
  for (const [id, events] of groupBy(tail, (event) => event.entityId)) {
    const record = records.get(id);
    const before = record ? stateOf(entity, record) : absent;
    isAhead ||= record !== undefined && checkpoint !== undefined && !covers(checkpoint.snapshot, record.snapshot);
    const now = await stateAfter(log, entity, id, before, events, limits.deadlineMs);
    if (now.version > before.version) changed.set(id, { before, now });
  }
  // a snapshot that did not end, or another replica's, has moved some records past the checkpoint's count: then the
  // records themselves are counted
  const base = isAhead ? await countRecords(log, entity, partition) : (checkpoint?.active[entity.name] ?? 0);
  const moved = [...changed.values()].reduce(
    (sum, { before, now }) => sum + Number(now.status === 'active') - Number(before.status === 'active'),
    0,
  );
  return { partition, active: base + moved, changed, asOf: undefined };
};

// what the tail lacks in between, as an event's time may be wrong, the stream has
const stateAfter = async (
  log: Log,
  entity: Entity,
  id: string,
  before: State,
  events: StoredEvent[],
  deadlineMs: number,
): Promise<State> => {
  const sorted = events.sort((a, b) => a.version - b.version);
  const { state, parked } = foldStored(entity, sorted, before);
  return parked ? (await catchUpState(log, entity, id, state, deadlineMs)).state : state;
};

const asOfSnapshot = (entity: Entity, partition: number, checkpoint: CheckpointDocument | undefined): Overlay => {
  if (!checkpoint)
    throw new Error(
      `partition ${partition} has no snapshot yet and too many events to go through; start its aggregator`,
    );
  return { partition, active: checkpoint.active[entity.name] ?? 0, changed: new Map(), asOf: checkpoint.at };
};

const countRecords = (log: Log, entity: Entity, partition: number): Promise<number> =>
  recordsOf(log, entity).countDocuments({ partition, deletedAt: null });

const groupBy = <Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> => {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
};
