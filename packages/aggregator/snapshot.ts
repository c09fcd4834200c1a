import type { Entity } from '@muster/model';
import { failpoint, isArmed, pause } from '@muster/runtime';
import {
  type CheckpointDocument,
  type Heartbeat,
  type KeptCounts,
  keepDeadLetter,
  logIdOf,
  markOf,
  recordOf,
  type SnapshotMark,
  saveCheckpoints,
  saveRecords,
} from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { evictKept } from './evict.ts';
import { countsBefore, openKept } from './kept.ts';
import { maySave } from './lifecycle.ts';
import { holdsLease } from './membership.ts';
import type { Numbers } from './numbers.ts';
import { beginSaving, countUnsaved, endSaving, noteTaken } from './progress.ts';
import { scanStart } from './scan-start.ts';
import {
  type Changed,
  countActive,
  hasUnsaved,
  noteSaved,
  type Partition,
  putBackUnsaved,
  takeUnsaved,
  type Unsaved,
} from './table.ts';
import { entityOf, idOf, isThere, savedVersionOf, stateOf, versionOf } from './things.ts';

/** What one snapshot takes from memory in one step. */
type Taken = { unsaved: Unsaved[]; things: TakenThing[]; checkpoints: CheckpointDocument[] };
/** `saved`: a record of an older version is stored already. */
export type TakenThing = { number: number; version: number; partition: Partition; marks: Marks; saved: boolean };
/** The marks of this snapshot and of the next one. */
type Marks = { own: SnapshotMark; next: SnapshotMark };

// A server may let appends wait until it has written a whole batch.
export const newInOneGoMax = 200;
const replacedInOneGoMax = 50;

const waits = { usual: 4, many: 1, manyFrom: 40, msMax: 250 };

/**
 * Whether a snapshot is due. It is due after `SNAPSHOT_EVERY` unsaved events, `SNAPSHOT_AFTER_MS` after the oldest of
 * them, or when the checkpoints of unchanged partitions are `CHECKPOINT_EVERY_MS` old.
 */
export const isSnapshotDue = (aggregator: Aggregator): boolean => {
  const { course, progress, settings } = aggregator;
  if (progress.snapshotting || !maySave(course.lifecycle) || !holdsLease(aggregator)) return false;
  if (aggregator.membership.log !== logIdOf(aggregator.log)) return false; // the states in memory are of another log
  const now = performance.now();
  if (now < progress.restUntil) return false;
  if (progress.unsaved >= settings.SNAPSHOT_EVERY) return true;
  if (progress.unsavedSince !== undefined && now - progress.unsavedSince >= settings.SNAPSHOT_AFTER_MS) return true;
  return now - progress.checkpointedAt >= settings.CHECKPOINT_EVERY_MS;
};

/**
 * Saves the records of these partitions that changed since the last snapshot, then the checkpoints. Skips partitions
 * that this aggregator does not own. If any write fails, no checkpoint is written, and all these changes count as
 * unsaved again. After a crash in between, events are replayed, and their versions show that they are known. One
 * snapshot runs at a time. Never throws.
 */
export const saveSnapshot = async (
  aggregator: Aggregator,
  partitions: Numbers,
): Promise<'saved' | 'failed' | 'nothing'> => {
  const { heart, log, membership, progress, metrics, logger } = aggregator;
  // a checkpoint needs the position of a heartbeat
  if (progress.snapshotting || !heart.last) return 'nothing';
  if (logIdOf(log) !== membership.log) return 'nothing'; // the states in memory are of the log before it was replaced
  const taken = takeChanged(aggregator, partitions, heart.last);
  if (taken.checkpoints.length === 0) return 'nothing';
  const startedAt = beginSaving(progress);
  const records = taken.things.length;
  try {
    await saveTaken(aggregator, taken);
    metrics.snapshots.inc({ outcome: 'saved' });
    evictKept(aggregator);
    logger.debug({ records, checkpoints: taken.checkpoints.length }, 'Snapshot saved');
    return 'saved';
  } catch (error) {
    putBack(aggregator, taken);
    metrics.snapshots.inc({ outcome: 'failed' });
    logger.warn(
      { err: error },
      `Cannot save a snapshot of ${records} records. They stay in memory, their events are in the log, and the next ` +
        'snapshot saves them',
    );
    return 'failed';
  } finally {
    endSaving(progress, startedAt, records);
  }
};

/** Takes the changed records and the last heartbeat in one step, without `await`: the records include all before it. */
const takeChanged = (aggregator: Aggregator, partitions: Numbers, heartbeat: Heartbeat): Taken => {
  const { progress, settings, table } = aggregator;
  const isDueForAll = performance.now() - progress.checkpointedAt >= settings.CHECKPOINT_EVERY_MS;
  const due = partitions
    .flatMap((number) => table.get(number) ?? [])
    .filter((partition) => partition.owned && (isDueForAll || hasUnsaved(partition)));
  const unsaved = due.map(takeUnsaved);
  noteTaken(progress, isDueForAll);
  return {
    unsaved,
    things: unsaved.flatMap(({ partition, changed }) => takeThings(aggregator, partition, changed)),
    checkpoints: due.map((partition) => checkpointOf(aggregator, partition, heartbeat)),
  };
};

// the records are made later, in batches
export const takeThings = (aggregator: Aggregator, partition: Partition, changed: Changed): TakenThing[] => {
  const marks = marksOf(aggregator, partition);
  const taken: TakenThing[] = [];
  for (const number of changed.keys()) {
    const version = versionOf(partition.things, number);
    const saved = savedVersionOf(partition.things, number);
    // nothing to save when only the checkpoint failed: the record is stored already
    if (saved < version) taken.push({ number, version, partition, marks, saved: saved > 0 });
  }
  return taken;
};

// the marks name the log from which this membership restored; the database may have another one by now
const marksOf = ({ heart, membership }: Aggregator, { snapshot }: Partition): Marks => ({
  own: markOf(membership.log, heart.incarnation, snapshot),
  next: markOf(membership.log, heart.incarnation, snapshot + 1),
});

const checkpointOf = (aggregator: Aggregator, partition: Partition, heartbeat: Heartbeat): CheckpointDocument => ({
  _id: partition.number,
  snapshot: marksOf(aggregator, partition).own,
  position: heartbeat.position,
  at: heartbeat.at,
  events: partition.events,
  active: Object.fromEntries([...aggregator.entities.keys()].map((entity) => [entity, countActive(partition, entity)])),
  ...(aggregator.keeps ? { kept: keptCountsOf(aggregator, partition, heartbeat) } : {}),
  aggregator: aggregator.name,
});

const keptCountsOf = (
  aggregator: Aggregator,
  { kept }: Partition,
  heartbeat: Heartbeat,
): Record<string, KeptCounts> => {
  const { entities, settings } = aggregator;
  const start = scanStart(heartbeat.at, settings.SCAN_OVERLAP_MS).getTime();
  const keeping = [...entities.values()].filter(({ keep }) => keep !== undefined);
  const countsOf = (counted = openKept()): KeptCounts => {
    const { at, active, events } = countsBefore(counted, start);
    const { newest, oldest } = counted;
    const counts = { at: new Date(at), active, events, allEvents: counted.events };
    return Number.isFinite(oldest) ? { ...counts, oldest: new Date(oldest), newest: new Date(newest) } : counts;
  };
  return Object.fromEntries(keeping.map(({ name }) => [name, countsOf(kept.get(name))]));
};

// this order makes a crash harmless: the checkpoint is written after the dead letters and records that it covers
const saveTaken = async (aggregator: Aggregator, taken: Taken) => {
  const { log, entities, settings } = aggregator;
  for (const { parked, event } of taken.unsaved.flatMap(({ letters }) => letters))
    await keepDeadLetter(log, event, parked.problem, settings.SNAPSHOT_DEADLINE_MS);
  await failpoint('snapshot:before-records');
  for (const entity of entities.values()) await saveThings(aggregator, entity, taken.things);
  await failpoint('snapshot:after-records');
  await saveCheckpoints(log, taken.checkpoints, settings.SNAPSHOT_DEADLINE_MS);
  await failpoint('snapshot:after-checkpoints');
};

const saveThings = async (aggregator: Aggregator, entity: Entity, all: readonly TakenThing[]) => {
  const batches = batchesOf(
    all.filter(
      ({ partition, number }) => isThere(partition.things, number) && entityOf(partition.things, number) === entity,
    ),
  );
  for (const [index, batch] of batches.entries()) {
    const startedAt = performance.now();
    await saveBatch(aggregator, entity, batch);
    if (index === batches.length - 1) return;
    await failpoint('snapshot:inside-records');
    const waitMs = waitAfter(performance.now() - startedAt, batches.length - index);
    if (aggregator.course.lifecycle.phase !== 'leaving') await pause(waitMs);
  }
};

/**
 * How long appends go first after a batch that took so many milliseconds: four times as long; with many batches left,
 * only as long. At most 250 ms: when the process itself was stopped during the batch, nobody would save meanwhile.
 * Pure.
 */
export const waitAfter = (batchMs: number, batchesLeft: number): number =>
  Math.min(waits.msMax, batchMs * (batchesLeft < waits.manyFrom ? waits.usual : waits.many));

const batchesOf = (taken: readonly TakenThing[]): TakenThing[][] => {
  if (isArmed('snapshot:inside-records')) return inPieces(taken, Math.ceil(taken.length / 2));
  const [isReplaced, isNew] = [({ saved }: TakenThing) => saved, ({ saved }: TakenThing) => !saved];
  return [...inPieces(taken.filter(isNew), newInOneGoMax), ...inPieces(taken.filter(isReplaced), replacedInOneGoMax)];
};

const inPieces = (taken: readonly TakenThing[], lengthMax: number): TakenThing[][] =>
  Array.from({ length: Math.ceil(taken.length / lengthMax) }, (_, piece) =>
    taken.slice(piece * lengthMax, (piece + 1) * lengthMax),
  );

/** Saves the records of these things of an entity. Throws when a record is not saved. */
export const saveBatch = async (aggregator: Aggregator, entity: Entity, taken: readonly TakenThing[]) => {
  const { log, settings, metrics } = aggregator;
  const savings = taken.flatMap(savingOf);
  const { failed, error } = await saveRecords(log, entity, savings, settings.SNAPSHOT_DEADLINE_MS);
  const kept = savings.filter(({ record }) => !failed.has(record._id));
  for (const { number, partition, record } of kept) noteSaved(partition, number, record.version);
  metrics.saved.inc(kept.length);
  if (failed.size > 0) throw error ?? new Error(`${failed.size} records were not saved`);
};

// a state that has changed since it was taken counts first in the next snapshot, so its record has the mark of that one
const savingOf = ({ number, version, partition, marks, saved }: TakenThing) => {
  const { things } = partition;
  if (!isThere(things, number)) return [];
  const state = stateOf(things, number);
  if (state.status === 'absent') return [];
  const mark = state.version === version ? marks.own : marks.next;
  return [{ number, partition, record: recordOf(idOf(things, number), partition.number, state, mark), saved }];
};

const putBack = ({ progress }: Aggregator, { unsaved }: Taken) => {
  for (const one of unsaved) {
    putBackUnsaved(one);
    countUnsaved(progress, one.changed.size + one.letters.length);
  }
};
