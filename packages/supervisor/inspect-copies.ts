import { memberOf } from '@muster/placement';
import { databaseNow, type Log, listMembers, measureClock, openClock, readSettings } from '@muster/store';
import type { Inspection } from './judge-copies.ts';

/**
 * Reads the members list with the time of the database's clock. Throws when the database was not set up, and
 * DeadlineError after `deadlineMs` milliseconds.
 */
export const inspectCopies = async (log: Log, deadlineMs = 3_000): Promise<Inspection> => {
  const { partitions } = await readSettings(log, deadlineMs);
  const clock = openClock();
  await measureClock(log, clock, deadlineMs); // before the list: a heartbeat in between must not look old
  const now = databaseNow(clock).getTime();
  const members = (await listMembers(log, deadlineMs)).map(memberOf);
  return { databaseNow: now, partitions, members };
};
