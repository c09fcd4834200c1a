import { partitionHash } from '@muster/placement';
import { areSettingsKept, ensureCollections, guardLog, loseLog, proveLog } from '@muster/store';
import type { Gateway } from './gateway.ts';
import { forgetAll } from './remembered.ts';

const checkDeadlineMs = 1_000;

/**
 * Checks that the log, its unique index and the settings are those that this gateway works on. When they are not, as
 * after `db.dropDatabase()` or a restore from a back-up, no write is taken until the database is whole again, and what
 * was remembered of another log is forgotten. Throws when the database does not answer, LogDamaged, SettingsConflict.
 */
export const checkLog = async (gateway: Gateway): Promise<void> => {
  if (await isWhole(gateway)) return;
  const { guard, logger } = gateway;
  if (!guard.isLost) loseLog(guard);
  logger.error('The log, its unique index or the settings were dropped or replaced: no write is taken meanwhile');
  await prepareLog(gateway);
  logger.info({ log: guard.logId }, 'The database is whole again: writes are taken');
};

/** Makes what the database lacks, and works on the log that is there from now on. Throws as above. */
export const prepareLog = async ({ entities, guard, log, remembered, settings }: Gateway): Promise<void> => {
  const logId = await ensureCollections(log, entities, { partitions: settings.PARTITIONS, hash: partitionHash });
  if (guardLog(guard, logId)) forgetAll(remembered);
};

const isWhole = async ({ guard, log, settings }: Gateway): Promise<boolean> => {
  if (guard.logId === undefined || !(await proveLog(log, guard))) return false;
  const shape = { partitions: settings.PARTITIONS, hash: partitionHash };
  return areSettingsKept(log, shape, guard.logId, checkDeadlineMs);
};
