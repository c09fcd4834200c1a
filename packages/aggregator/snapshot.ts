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
  type StoredEvent,
  saveCheckpoints,
  saveRecords,
} from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { holdsLease } from './membership.ts';
import { type Changed, countActive, type Entry, type Parked, type Partition } from './table.ts';

/** What one step took out of memory to be saved. */
type Taken = { entries: TakenEntry[]; letters: TakenLetter[]; checkpoints: CheckpointDocument[] };
/** `after`: as it stood among the changed ones. No record: it is saved already, only the checkpoint was not. */
type TakenEntry = {
  entry: Entry;
  partition: Partition;
  after: ReturnType<Changed['get']>;
  record: RecordDocument | undefined;
  saved: boolean;
};
type TakenLetter = { parked: Parked; event: StoredEvent };

const saveInOneGoMax = 1_000;

/**
 * Whether a snapshot is due: enough events processed, the oldest waits long enough, or the checkpoints of unchanged
 * partitions are old.
 */
export const isSnapshotDue = (aggregator: Aggregator): boolean => {
  const { progress, settings } = aggregator;
  if (progress.snapshotting || progress.state === 'restoring' || !holdsLease(aggregator)) return false;
  if (aggregator.membership.log !== logIdOf(aggregator.log)) return false; // what is in memory is of another log
  const now = performance.now();
  if (now < progress.restUntil) return false;
  if (progress.unsaved >= settings.SNAPSHOT_EVERY) return true;
  if (progress.unsavedSince !== undefined && now - progress.unsavedSince >= settings.SNAPSHOT_AFTER_MS) return true;
  return now - progress.checkpointedAt >= settings.CHECKPOINT_EVERY_MS;
};

/**
 * Saves the records changed since the last snapshot in the partitions that are this aggregator's to save, then how far
 * it reaches. When anything could not be saved, all of it counts as changed again and no checkpoint is written; a crash
 * in between replays events, and versions drop them. One at a time; never throws.
 */
export const saveSnapshot = async (aggregator: Aggregator): Promise<'saved' | 'failed' | 'nothing'> => {
  const { heart, progress, metrics, logger } = aggregator;
  // without a heartbeat there is no position that a checkpoint could hold
  if (progress.snapshotting || !heart.last) return 'nothing';
  const taken = takeChanged(aggregator, heart.last);
  if (taken.checkpoints.length === 0) return 'nothing';
  progress.snapshotting = true;
  const startedAt = performance.now();
  try {
    await saveTaken(aggregator, taken);
    metrics.snapshots.inc({ outcome: 'saved' });
    logger.debug({ records: taken.entries.length, checkpoints: taken.checkpoints.length }, 'Snapshot saved');
    return 'saved';
  } catch (error) {
    putBack(aggregator, taken);
    metrics.snapshots.inc({ outcome: 'failed' });
    logger.warn(
      { err: error },
      `Cannot save a snapshot of ${taken.entries.length} records: they stay in memory and in the log, the next snapshot saves them`,
    );
    return 'failed';
  } finally {
    progress.snapshotting = false;
    progress.restUntil = restUntil(startedAt, performance.now());
  }
};

// as long a rest as the work took: under load the database is for appends first, and what changes twice meanwhile is
// saved once
const restUntil = (startedAt: number, endedAt: number) => endedAt + Math.min(restMsMax, endedAt - startedAt);
const restMsMax = 1_000;

/** One step, nothing awaited in it: the changed records, and the heartbeat that they reach at least. */
const takeChanged = (aggregator: Aggregator, heartbeat: Heartbeat): Taken => {
  const { progress, settings, table } = aggregator;
  const isDueForAll = performance.now() - progress.checkpointedAt >= settings.CHECKPOINT_EVERY_MS;
  const taken: Taken = { entries: [], letters: [], checkpoints: [] };
  for (const partition of table.values()) {
    if (!partition.owned) continue;
    const parked = [...partition.parked.values()].filter((one) => one.letters.length > 0);
    if (!isDueForAll && partition.changed.size === 0 && parked.length === 0) continue;
    partition.snapshot += 1;
    for (const [entry, after] of partition.changed) taken.entries.push(takeEntry(aggregator, entry, partition, after));
    for (const one of parked) for (const event of one.letters.splice(0)) taken.letters.push({ parked: one, event });
    partition.changed.clear();
    taken.checkpoints.push(checkpointOf(aggregator, partition, heartbeat));
  }
  progress.unsaved = 0;
  progress.unsavedSince = undefined;
  if (isDueForAll) progress.checkpointedAt = performance.now();
  return taken;
};

const takeEntry = (
  aggregator: Aggregator,
  entry: Entry,
  partition: Partition,
  after: TakenEntry['after'],
): TakenEntry => {
  const { id, state, savedVersion } = entry;
  const isSaved = state.status === 'absent' || savedVersion >= state.version;
  const record = isSaved
    ? undefined
    : recordOf(
        id,
        partition.number,
        state,
        markOf(aggregator.membership.log, aggregator.heart.incarnation, partition.snapshot),
      );
  return { entry, partition, after, record, saved: savedVersion > 0 };
};

const checkpointOf = (aggregator: Aggregator, partition: Partition, heartbeat: Heartbeat): CheckpointDocument => ({
  _id: partition.number,
  snapshot: markOf(aggregator.membership.log, aggregator.heart.incarnation, partition.snapshot),
  position: heartbeat.position,
  at: heartbeat.at,
  events: partition.events,
  active: Object.fromEntries([...aggregator.entities.keys()].map((entity) => [entity, countActive(partition, entity)])),
  aggregator: aggregator.name,
});

// the order is what makes a crash harmless: dead letters and records first, the checkpoint that passes them last
const saveTaken = async (aggregator: Aggregator, taken: Taken) => {
  const { log, entities, settings } = aggregator;
  for (const { parked, event } of taken.letters)
    await keepDeadLetter(log, event, parked.problem, settings.SNAPSHOT_DEADLINE_MS);
  await failpoint('snapshot:before-records');
  for (const entity of entities.values()) {
    const entries = taken.entries.filter((one) => one.record && one.entry.entity === entity);
    const most = isArmed('snapshot:inside-records') ? Math.ceil(entries.length / 2) : saveInOneGoMax;
    for (let at = 0; at < entries.length; at += most) {
      await saveEntries(aggregator, entity, entries.slice(at, at + most));
      if (at + most < entries.length) await failpoint('snapshot:inside-records');
    }
  }
  await failpoint('snapshot:after-records');
  await saveCheckpoints(log, taken.checkpoints, settings.SNAPSHOT_DEADLINE_MS);
  await failpoint('snapshot:after-checkpoints');
};

const saveEntries = async ({ log, settings, metrics }: Aggregator, entity: Entity, entries: TakenEntry[]) => {
  const savings = entries.flatMap(({ record, saved }) => (record ? [{ record, saved }] : []));
  const { failed, error } = await saveRecords(log, entity, savings, settings.SNAPSHOT_DEADLINE_MS);
  const kept = entries.filter(({ entry }) => !failed.has(entry.id));
  for (const { entry, record } of kept) entry.savedVersion = Math.max(entry.savedVersion, record?.version ?? 0);
  metrics.saved.inc(kept.length);
  if (failed.size > 0) throw error ?? new Error(`${failed.size} records were not saved`);
};

const putBack = ({ progress }: Aggregator, taken: Taken) => {
  // an entry that changed again stands there already, with the later change's place
  for (const { entry, partition, after } of taken.entries)
    if (!partition.changed.has(entry)) partition.changed.set(entry, after);
  for (const { parked, event } of taken.letters) parked.letters.push(event);
  progress.unsaved += taken.entries.length + taken.letters.length;
  progress.unsavedSince ??= performance.now();
};
