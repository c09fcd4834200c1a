import type { DeadLetterDocument, StoredEvent } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * Keeps an event that could not be applied, with the reason; another attempt at the same event only counts up.
 * Idempotent.
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
    `keep event ${event._id} as a dead letter`,
  );
};

/** The dead letters of these partitions. */
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

/** How many dead letters there are. Throws DeadlineError after `deadlineMs` milliseconds. */
export const countDeadLetters = (log: Log, deadlineMs: number): Promise<number> =>
  withinDeadline(handlesOf(log).deadLetters.countDocuments(), deadlineMs, 'count the dead letters');

/** Forgets dead letters whose events have been applied since. */
export const removeDeadLetters = async (log: Log, eventIds: readonly string[], deadlineMs: number): Promise<void> => {
  if (eventIds.length === 0) return;
  await withinDeadline(
    handlesOf(log).deadLetters.deleteMany({ _id: { $in: [...eventIds] } }),
    deadlineMs,
    'remove dead letters',
  );
};
