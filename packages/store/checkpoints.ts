import { Timestamp } from 'mongodb';
import type { CheckpointDocument, StoredCheckpoint } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { insidesOf, positionOf } from './position.ts';
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
  if (checkpoints.length === 0) return;
  const updates = checkpoints.map(storedForm).map((checkpoint) => ({
    updateOne: { filter: { _id: checkpoint._id }, update: guarded(checkpoint), upsert: true },
  }));
  await withinDeadline(
    handlesOf(log).checkpoints.bulkWrite(updates, { ordered: false }),
    deadlineMs,
    'save the checkpoints',
  );
};

// The comparison is part of the update: with a filter on a second field, some servers scan the collection. At an equal
// time the token may change.
const guarded = (checkpoint: StoredCheckpoint) => {
  const notNewer = { $lte: [{ $ifNull: ['$clusterTime', Timestamp.fromBits(0, 0)] }, checkpoint.clusterTime] };
  return [{ $replaceWith: { $cond: [notNewer, { $literal: checkpoint }, '$$ROOT'] } }];
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
