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

const readUuid = async (log: Log): Promise<string | undefined> => {
  const [found] = await handlesOf(log).db.listCollections({ name: 'Events' }).toArray();
  const uuid: unknown = found && 'info' in found ? found.info?.uuid : undefined;
  if (uuid instanceof Binary) return uuid.toString('hex');
  return uuid === undefined ? undefined : String(uuid);
};

const hasUniqueIndex = async (log: Log): Promise<boolean> => {
  const indexes = await handlesOf(log).events.indexes().catch(noIndexes);
  return indexes.some(({ key, unique }) => unique === true && Object.keys(key).join() === 'entity,entityId,version');
};

// error code 26: the collection does not exist
const noIndexes = (error: { code?: unknown }): [] => {
  if (error.code !== 26) throw error;
  return [];
};
