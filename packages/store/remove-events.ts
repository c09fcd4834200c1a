import type { StoredEvent } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** An event that a repair took out of the log, kept whole, with the reason. */
export type RemovedEvent = { _id: string; event: StoredEvent; reason: string; removedAt: Date };

/**
 * Moves events out of the log into `RemovedEvents`: the copy is stored before the event is removed, so a crash between
 * the two loses nothing, and doing it again ends the same. Only for an operator's repair, while no process of this
 * Muster runs. Throws DeadlineError after `deadlineMs` milliseconds.
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
 * The ids of a stream's events above a version, in order, at most `limit`. Throws DeadlineError after `deadlineMs`
 * milliseconds.
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
