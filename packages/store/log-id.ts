import { Binary } from 'mongodb';
import type { Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** Which `Events` collection this is: the server's own id of it. One that was dropped and made again has another. */
export type LogId = string;

/**
 * The id of the log, or undefined when `Events` or its unique index is missing: then it does not keep two events from
 * sharing a version. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const readLogId = async (log: Log, deadlineMs: number): Promise<LogId | undefined> => {
  const [uuid, isUnique] = await withinDeadline(
    Promise.all([readUuid(log), hasUniqueIndex(log)]),
    deadlineMs,
    'check that the log is the same',
  );
  return isUnique ? uuid : undefined;
};

const readUuid = async ({ db }: Log): Promise<string | undefined> => {
  const [found] = await db.listCollections({ name: 'Events' }).toArray();
  const uuid: unknown = found && 'info' in found ? found.info?.uuid : undefined;
  if (uuid instanceof Binary) return uuid.toString('hex');
  return uuid === undefined ? undefined : String(uuid);
};

const hasUniqueIndex = async ({ events }: Log): Promise<boolean> => {
  const indexes = await events.indexes().catch(noneOfNothing);
  return indexes.some(({ key, unique }) => unique === true && Object.keys(key).join() === 'entity,entityId,version');
};

// 26: there is no such collection
const noneOfNothing = (error: { code?: unknown }): [] => {
  if (error.code !== 26) throw error;
  return [];
};
