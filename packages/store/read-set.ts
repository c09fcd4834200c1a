import { type Entity, present } from '@muster/model';
import { readCheckpoints } from './checkpoints.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { stateOf } from './records.ts';
import { isOfThisLog } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * The number of active things of an entity in one partition, as saved. It includes all events up to `asOf`, and
 * possibly some later ones. `asOf` is undefined when the partition has no events: then the count is current.
 */
export type SavedCount = { partition: number; active: number; asOf: Date | undefined };

/** A partition has events, but no aggregator has saved any state of it yet. */
export class NeverSaved extends Error {
  override name = 'NeverSaved';
}

/**
 * Returns the number of active things of an entity in each of these partitions, from their checkpoints. Throws
 * NeverSaved, and DeadlineError after `deadlineMs` milliseconds.
 */
export const countSaved = async (
  log: Log,
  entity: Entity,
  partitions: readonly number[],
  deadlineMs: number,
): Promise<SavedCount[]> => {
  const untilMs = performance.now() + deadlineMs;
  const checkpoints = await readCheckpoints(log, partitions, deadlineMs);
  const counts = partitions.map(async (partition): Promise<SavedCount> => {
    const checkpoint = checkpoints.get(partition);
    return checkpoint
      ? { partition, active: checkpoint.active[entity.name] ?? 0, asOf: checkpoint.at }
      : await countRecords(log, entity, partition);
  });
  return withinDeadline(Promise.all(counts), untilMs - performance.now(), `count the saved ${entity.name}s`);
};

/**
 * Returns one page of the saved active things of a partition, ordered by id, as JSON that clients see. The page is at
 * least as new as any checkpoint read before it. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const listSaved = async (
  log: Log,
  entity: Entity,
  { partition, offset, limit }: { partition: number; offset: number; limit: number },
  deadlineMs: number,
): Promise<string[]> => {
  const active = recordsOf(log, entity).find({ partition, deletedAt: null });
  const page = active.sort({ partition: 1, deletedAt: 1, _id: 1 }).skip(offset).limit(limit).toArray();
  const records = await withinDeadline(page, deadlineMs, `list the saved ${entity.name}s of partition ${partition}`);
  const own = records.filter((record) => isOfThisLog(log, record.snapshot));
  return own.flatMap((record) => {
    const state = stateOf(entity, record);
    return state.status === 'active' ? [JSON.stringify(present(entity, record._id, state.fields))] : [];
  });
};

/**
 * Counts the records of a partition without a checkpoint: its first snapshot did not finish. The count is as of the
 * partition's first event, because any later event may be missing from it.
 */
const countRecords = async (log: Log, entity: Entity, partition: number): Promise<SavedCount> => {
  const [first] = await handlesOf(log).events.find({ partition }).sort({ partition: 1, at: 1 }).limit(1).toArray();
  if (!first) return { partition, active: 0, asOf: undefined };
  const active = await recordsOf(log, entity).countDocuments({ partition, deletedAt: null });
  if (active > 0) return { partition, active, asOf: first.at };
  throw new NeverSaved(`partition ${partition} has events but no saved state; start an aggregator to save it`);
};
