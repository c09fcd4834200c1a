import { ensureCollections, type Log, type LogOptions, openLog, type StoredEvent, scanEvents } from '@muster/store';
import { note } from './arbitraries.ts';
import { openTestDatabase } from './embedded-database.ts';

/** Opens an empty log with its indexes, on its own database. Disposal drops the database. */
export const openTestLog = async (options: Partial<LogOptions> = {}): Promise<Log> => {
  const database = await openTestDatabase();
  const log = await openLogOn(database, options);
  const close = async () => {
    await log[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
  return { ...log, [Symbol.asyncDispose]: close };
};

/** Opens the log of a server that the test may kill, and creates its indexes. */
export const openLogOn = async (
  { uri, database = 'muster' }: { uri: string; database?: string },
  options: Partial<LogOptions> = {},
): Promise<Log> => {
  const log = openLog({ uri, database, appName: 'test', ...options });
  await ensureCollections(log, [note], { partitions: partitions.length, hash: 'test' });
  return log;
};

/** Returns all stored events of a stream in order, or of every stream if no id is given. */
export const storedEvents = async (log: Log, entityId?: string): Promise<StoredEvent[]> => {
  const found: StoredEvent[] = [];
  for await (const event of scanEvents(log, partitions, undefined))
    if (entityId === undefined || event.entityId === entityId) found.push(event);
  return found.sort((a, b) => (a.entityId === b.entityId ? a.version - b.version : a.entityId < b.entityId ? -1 : 1));
};

const partitions = [0, 1, 2, 3];
