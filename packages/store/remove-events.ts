import type { StoredEvent } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** An event that a repair removed from the log, unchanged, with the reason. */
export type RemovedEvent = { _id: string; event: StoredEvent; reason: string; removedAt: Date };

/**
 * Moves events from the log to `RemovedEvents`. It stores the copy before it removes the event, so a crash loses
 * nothing. Idempotent. Only for a repair by an operator, while no Muster process runs on this database. Throws
 * DeadlineError after `deadlineMs` milliseconds.
 */
export const removeEvents = async (
  log: Log,
  ids: readonly string[],
  reason: string,
  deadlineMs: number,
): Promise<void> => {
  const removed = handlesOf(log).db.collection<RemovedEvent>('RemovedEvents');
  const move = async () => {
    for await (const event of handlesOf(log).events.find({ _id: { $in: [...ids] } })) {
      const copy = { event, reason, removedAt: new Date() };
      await removed.updateOne({ _id: event._id }, { $setOnInsert: copy }, { upsert: true });
      await handlesOf(log).events.deleteOne({ _id: event._id });
    }
  };
  await withinDeadline(move(), deadlineMs, `move ${ids.length} events out of the log`);
};

/**
 * Returns the ids of at most `limit` events of a stream above a version, in order. Throws DeadlineError after
 * `deadlineMs` milliseconds.
 */
export const idsAbove = async (
  log: Log,
  { entity, entityId }: Pick<StoredEvent, 'entity' | 'entityId'>,
  version: number,
  limit: number,
  deadlineMs: number,
): Promise<string[]> => {
  const cursor = handlesOf(log).events.find(
    { entity, entityId, version: { $gt: version } },
    { projection: { _id: 1 } },
  );
  const found = await withinDeadline(
    cursor.sort({ version: 1 }).limit(limit).toArray(),
    deadlineMs,
    'read the ids of a stream',
  );
  return found.map(({ _id }) => _id);
};
