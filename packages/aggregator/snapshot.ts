import type { Entity } from '@muster/model';
import { failpoint, isArmed } from '@muster/runtime';
import {
  type CheckpointDocument,
  type Heartbeat,
  keepDeadLetter,
  logIdOf,
  markOf,
  type RecordDocument,
  recordOf,
  saveCheckpoints,
  saveRecords,
} from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { maySave } from './lifecycle.ts';
import { holdsLease } from './membership.ts';
import type { Numbers } from './numbers.ts';
import { beginSaving, countUnsaved, endSaving, noteTaken } from './progress.ts';
import {
  countActive,
  type Entry,
  hasUnsaved,
  noteSaved,
  type Partition,
  putBackUnsaved,
  takeUnsaved,
  type Unsaved,
} from './table.ts';

/** What one step took out of memory to be saved. */
type Taken = { unsaved: Unsaved[]; entries: TakenEntry[]; checkpoints: CheckpointDocument[] };
/** `saved`: a record of an older version is saved. */
type TakenEntry = { entry: Entry; record: RecordDocument; saved: boolean };

const saveInOneGoMax = 1_000;

/**
 * Whether a snapshot is due: enough events processed, the oldest waits long enough, or the checkpoints of unchanged
 * partitions are old.
 */
export const isSnapshotDue = (aggregator: Aggregator): boolean => {
  const { course, progress, settings } = aggregator;
  if (progress.snapshotting || !maySave(course.lifecycle) || !holdsLease(aggregator)) return false;
  if (aggregator.membership.log !== logIdOf(aggregator.log)) return false; // what is in memory is of another log
  const now = performance.now();
  if (now < progress.restUntil) return false;
  if (progress.unsaved >= settings.SNAPSHOT_EVERY) return true;
  if (progress.unsavedSince !== undefined && now - progress.unsavedSince >= settings.SNAPSHOT_AFTER_MS) return true;
  return now - progress.checkpointedAt >= settings.CHECKPOINT_EVERY_MS;
};

/**
 * Saves the records of these partitions that changed since the last snapshot, then how far it reaches. Of those that
 * this aggregator does not own it saves nothing. When anything could not be saved, all of it counts as changed again
 * and no checkpoint is written; a crash in between replays events, and versions drop them. One at a time; never throws.
 */
export const saveSnapshot = async (
  aggregator: Aggregator,
  partitions: Numbers,
): Promise<'saved' | 'failed' | 'nothing'> => {
  const { heart, log, membership, progress, metrics, logger } = aggregator;
  // without a heartbeat there is no position that a checkpoint could hold
  if (progress.snapshotting || !heart.last) return 'nothing';
  if (logIdOf(log) !== membership.log) return 'nothing'; // it was replaced: what is in memory is of the former one
  const taken = takeChanged(aggregator, partitions, heart.last);
  if (taken.checkpoints.length === 0) return 'nothing';
  const startedAt = beginSaving(progress);
  const records = taken.entries.length;
  try {
    await saveTaken(aggregator, taken);
    metrics.snapshots.inc({ outcome: 'saved' });
    logger.debug({ records, checkpoints: taken.checkpoints.length }, 'Snapshot saved');
    return 'saved';
  } catch (error) {
    putBack(aggregator, taken);
    metrics.snapshots.inc({ outcome: 'failed' });
    logger.warn(
      { err: error },
      `Cannot save a snapshot of ${records} records: they stay in memory and in the log, the next snapshot saves them`,
    );
    return 'failed';
  } finally {
    endSaving(progress, startedAt);
  }
};

/** One step, nothing awaited in it: the changed records, and the heartbeat that they reach at least. */
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
    entries: unsaved.flatMap(({ partition, entries }) =>
      entries.flatMap(([entry]) => takeEntry(aggregator, entry, partition)),
    ),
    checkpoints: due.map((partition) => checkpointOf(aggregator, partition, heartbeat)),
  };
};

// none: its record is saved already, only the checkpoint was not
const takeEntry = (aggregator: Aggregator, entry: Entry, partition: Partition): TakenEntry[] => {
  const { id, state, savedVersion } = entry;
  if (state.status === 'absent' || savedVersion >= state.version) return [];
  const record = recordOf(id, partition.number, state, markOfNext(aggregator, partition));
  return [{ entry, record, saved: savedVersion > 0 }];
};

// of the log that the membership restored from, which may not be the one that is there by now
const markOfNext = ({ heart, membership }: Aggregator, { snapshot }: Partition) =>
  markOf(membership.log, heart.incarnation, snapshot);

const checkpointOf = (aggregator: Aggregator, partition: Partition, heartbeat: Heartbeat): CheckpointDocument => ({
  _id: partition.number,
  snapshot: markOfNext(aggregator, partition),
  position: heartbeat.position,
  at: heartbeat.at,
  events: partition.events,
  active: Object.fromEntries([...aggregator.entities.keys()].map((entity) => [entity, countActive(partition, entity)])),
  aggregator: aggregator.name,
});

// the order is what makes a crash harmless: dead letters and records first, the checkpoint that passes them last
const saveTaken = async (aggregator: Aggregator, taken: Taken) => {
  const { log, entities, settings } = aggregator;
  for (const { parked, event } of taken.unsaved.flatMap(({ letters }) => letters))
    await keepDeadLetter(log, event, parked.problem, settings.SNAPSHOT_DEADLINE_MS);
  await failpoint('snapshot:before-records');
  for (const entity of entities.values()) await saveEntries(aggregator, entity, taken.entries);
  await failpoint('snapshot:after-records');
  await saveCheckpoints(log, taken.checkpoints, settings.SNAPSHOT_DEADLINE_MS);
  await failpoint('snapshot:after-checkpoints');
};

const saveEntries = async (aggregator: Aggregator, entity: Entity, all: readonly TakenEntry[]) => {
  const entries = all.filter(({ entry }) => entry.entity === entity);
  const most = isArmed('snapshot:inside-records') ? Math.ceil(entries.length / 2) : saveInOneGoMax;
  for (let at = 0; at < entries.length; at += most) {
    await saveBatch(aggregator, entity, entries.slice(at, at + most));
    if (at + most < entries.length) await failpoint('snapshot:inside-records');
  }
};

const saveBatch = async ({ log, settings, metrics }: Aggregator, entity: Entity, entries: TakenEntry[]) => {
  const { failed, error } = await saveRecords(log, entity, entries, settings.SNAPSHOT_DEADLINE_MS);
  const kept = entries.filter(({ entry }) => !failed.has(entry.id));
  for (const { entry, record } of kept) noteSaved(entry, record.version);
  metrics.saved.inc(kept.length);
  if (failed.size > 0) throw error ?? new Error(`${failed.size} records were not saved`);
};

const putBack = ({ progress }: Aggregator, { unsaved }: Taken) => {
  for (const one of unsaved) {
    putBackUnsaved(one);
    countUnsaved(progress, one.entries.length + one.letters.length);
  }
};
