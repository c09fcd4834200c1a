import { type Entity, present } from '@muster/model';
import { readCheckpoints } from './checkpoints.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { stateOf } from './records.ts';
import { isOfThisLog } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * How many things of an entity a partition has in the snapshot. All that was in the log at `asOf` is counted, and some
 * of what came later may be; undefined where the log has nothing of the partition, so that the count is of now.
 */
export type SavedCount = { partition: number; active: number; asOf: Date | undefined };

/** A partition that has events, of which no aggregator has saved anything yet. */
export class NeverSaved extends Error {
  override name = 'NeverSaved';
}

/**
 * How many things of an entity are active in each of these partitions as the snapshot has it: what their checkpoints
 * say. Throws NeverSaved, and DeadlineError after `deadlineMs` milliseconds.
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
 * What clients see of the active things of one partition in the snapshot, as JSON, in the order of ids, from `offset`
 * on. As new as a checkpoint that was read before, or newer. Throws DeadlineError after `deadlineMs` milliseconds.
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
 * Of a partition without a checkpoint: its first snapshot was never ended. What it wrote is counted, as of the
 * partition's first event: of nothing that came later it is known that it is in.
 */
const countRecords = async (log: Log, entity: Entity, partition: number): Promise<SavedCount> => {
  const [first] = await handlesOf(log).events.find({ partition }).sort({ partition: 1, at: 1 }).limit(1).toArray();
  if (!first) return { partition, active: 0, asOf: undefined };
  const active = await recordsOf(log, entity).countDocuments({ partition, deletedAt: null });
  if (active > 0) return { partition, active, asOf: first.at };
  throw new NeverSaved(`partition ${partition} has events and was never saved; start an aggregator, which saves it`);
};
