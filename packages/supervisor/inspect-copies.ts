import { memberOf } from '@muster/placement';
import { type Log, openClock, readCluster, readSettings } from '@muster/store';
import type { Inspection } from './judge-copies.ts';

/**
 * Reads the members list with the time of the database's clock. Throws when the database was not set up, and
 * DeadlineError after `deadlineMs` milliseconds.
 */
export const inspectCopies = async (log: Log, deadlineMs = 3_000): Promise<Inspection> => {
  const { partitions } = await readSettings(log, deadlineMs);
  const { databaseNow, members } = await readCluster(log, openClock(), deadlineMs);
  return { databaseNow, partitions, members: members.map(memberOf) };
};
