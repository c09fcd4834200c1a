import { Timestamp } from 'mongodb';
import type { CheckpointDocument, StoredCheckpoint } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { insidesOf, positionOf } from './position.ts';
import { replaceTogether } from './replace-together.ts';
import { isOfThisLog } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * Returns the stored checkpoints of these partitions, by partition. Partitions without a checkpoint are left out. Read
 * checkpoints before records, never after. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const readCheckpoints = async (
  log: Log,
  partitions: readonly number[],
  deadlineMs: number,
): Promise<Map<number, CheckpointDocument>> => {
  const found = await withinDeadline(
    handlesOf(log)
      .checkpoints.find({ _id: { $in: [...partitions] } })
      .toArray(),
    deadlineMs,
    'read the checkpoints',
  );
  const own = found.filter(({ snapshot }) => isOfThisLog(log, snapshot));
  return new Map(own.map((checkpoint) => [checkpoint._id, upcast(checkpoint)]));
};

/**
 * Saves checkpoints. A stored checkpoint with a later position is kept. Throws the driver's error when the database
 * refuses them, and DeadlineError after `deadlineMs` milliseconds.
 */
export const saveCheckpoints = async (
  log: Log,
  checkpoints: readonly CheckpointDocument[],
  deadlineMs: number,
): Promise<void> => {
  const replacements = checkpoints.map(storedForm).map((stored) => ({ _id: stored._id, by: newest(stored) }));
  const { checkpoints: collection } = handlesOf(log);
  const what = 'save the checkpoints';
  if (checkpoints.length === 0 || (await replaceTogether(collection, replacements, deadlineMs, what))) return;
  const updates = replacements.map(({ _id, by }) => ({
    updateOne: { filter: { _id }, update: [{ $replaceWith: by }], upsert: true },
  }));
  await withinDeadline(collection.bulkWrite(updates, { ordered: false }), deadlineMs, what);
};

// The comparison is part of the update: with a filter on a second field, some servers scan the collection. At an equal
// time the token may change.
const newest = (checkpoint: StoredCheckpoint) => {
  const notNewer = { $lte: [{ $ifNull: ['$clusterTime', Timestamp.fromBits(0, 0)] }, checkpoint.clusterTime] };
  return { $cond: [notNewer, { $literal: checkpoint }, '$$ROOT'] };
};

const storedForm = ({ position, ...checkpoint }: CheckpointDocument): StoredCheckpoint => {
  const { token, clusterTime } = insidesOf(position);
  return { ...checkpoint, resumeToken: token, clusterTime };
};

// before 0.1 the field `active` was named `living`
const upcast = (found: StoredCheckpoint & { living?: Record<string, number> }): CheckpointDocument => {
  const { living, resumeToken, clusterTime, ...checkpoint } = found;
  const position = positionOf(resumeToken, clusterTime);
  return { ...checkpoint, position, active: checkpoint.active ?? living ?? {} };
};
