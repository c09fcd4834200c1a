import { Binary } from 'mongodb';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * Returns the server's id of the collection `Events`, or undefined when `Events` or its unique index is missing.
 * Without that index two events can share a version. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const readCollectionId = async (log: Log, deadlineMs: number): Promise<string | undefined> => {
  const [uuid, isUnique] = await withinDeadline(
    Promise.all([readUuid(log), hasUniqueIndex(log)]),
    deadlineMs,
    'read the id and the indexes of the log',
  );
  return isUnique ? uuid : undefined;
};

// Commands instead of the driver's cursors: they run often, and each answer is one small batch.
const readUuid = async (log: Log): Promise<string | undefined> => {
  const { cursor } = await handlesOf(log).db.command({ listCollections: 1, filter: { name: 'Events' } });
  const uuid: unknown = cursor.firstBatch[0]?.info?.uuid;
  if (uuid instanceof Binary) return uuid.toString('hex');
  return uuid === undefined ? undefined : String(uuid);
};

const hasUniqueIndex = async (log: Log): Promise<boolean> => {
  const answer = await handlesOf(log).db.command({ listIndexes: 'Events' }).catch(noIndexes);
  const indexes: { key: object; unique?: boolean }[] = answer.cursor.firstBatch;
  return indexes.some(({ key, unique }) => unique === true && Object.keys(key).join() === 'entity,entityId,version');
};

// error code 26: the collection does not exist
const noIndexes = (error: { code?: unknown }) => {
  if (error.code !== 26) throw error;
  return { cursor: { firstBatch: [] } };
};
