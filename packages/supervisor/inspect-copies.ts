import { memberOf } from '@muster/placement';
import { databaseNow, type Log, listMembers, measureClock, openClock, withinDeadline } from '@muster/store';
import type { Inspection } from './judge-copies.ts';

/**
 * Looks who holds what at this moment of the database's clock. Throws when the database was not set up, DeadlineError
 * after a few seconds.
 */
export const inspectCopies = async (log: Log, deadlineMs = 3_000): Promise<Inspection> => {
  const stored = await withinDeadline(log.settings.findOne({ _id: 'muster' }), deadlineMs, 'read the settings');
  if (stored === null)
    throw new Error(`There is no Muster in database "${log.db.databaseName}": it has no Settings yet`);
  const clock = openClock();
  await measureClock(log, clock, deadlineMs); // before the list: a heartbeat that comes in between is young, not old
  const now = databaseNow(clock).getTime();
  const members = (await listMembers(log, deadlineMs)).map(memberOf);
  return { databaseNow: now, partitions: stored.partitions, members };
};
