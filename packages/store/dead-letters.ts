import type { DeadLetterDocument, StoredEvent } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * Stores an event that could not be applied, with the reason. Each later attempt on the same event updates the reason
 * and adds 1 to its attempts. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const keepDeadLetter = async (
  log: Log,
  event: StoredEvent,
  error: string,
  deadlineMs: number,
): Promise<void> => {
  const first = { event, partition: event.partition, since: new Date() };
  const update = { $setOnInsert: first, $set: { error }, $inc: { attempts: 1 } };
  await withinDeadline(
    handlesOf(log).deadLetters.updateOne({ _id: event._id }, update, { upsert: true }),
    deadlineMs,
    `store event ${event._id} as a dead letter`,
  );
};

/** Returns the dead letters of these partitions. Throws DeadlineError after `deadlineMs` milliseconds. */
export const readDeadLetters = (
  log: Log,
  partitions: readonly number[],
  deadlineMs: number,
): Promise<DeadLetterDocument[]> =>
  withinDeadline(
    handlesOf(log)
      .deadLetters.find({ partition: { $in: [...partitions] } })
      .toArray(),
    deadlineMs,
    'read the dead letters',
  );

/** Returns the number of dead letters. Throws DeadlineError after `deadlineMs` milliseconds. */
export const countDeadLetters = (log: Log, deadlineMs: number): Promise<number> =>
  withinDeadline(handlesOf(log).deadLetters.countDocuments(), deadlineMs, 'count the dead letters');

/** Removes the dead letters of events that have been applied. Throws DeadlineError after `deadlineMs` milliseconds. */
export const removeDeadLetters = async (log: Log, eventIds: readonly string[], deadlineMs: number): Promise<void> => {
  if (eventIds.length === 0) return;
  await withinDeadline(
    handlesOf(log).deadLetters.deleteMany({ _id: { $in: [...eventIds] } }),
    deadlineMs,
    'remove dead letters',
  );
};
