import type { Entity } from '@muster/model';
import { type Logger, retryUntil } from '@muster/runtime';
import {
  areSettingsKept,
  distrustRecords,
  ensureCollections,
  isFinal,
  type SharedShape,
} from './ensure-collections.ts';
import { guardLog, isWitnessMissing, logIdOf, loseLog, proveLog } from './guard-log.ts';
import type { Log } from './open-log.ts';
import type { Cluster } from './read-cluster.ts';

/** A log, and what `prepareDatabase` and `mendLog` need to prepare and repair it. */
export type KeptLog = {
  log: Log;
  entities: readonly Entity[];
  shape: SharedShape;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
};

const readDeadlineMs = 1_000;

/**
 * Creates what the database lacks, and guards the log. Retries until this succeeds; returns false when the signal
 * aborts first. Logs the first failure and every tenth one after it. Throws the errors for which `isFinal` is true.
 */
export const prepareDatabase = async (kept: KeptLog, signal: AbortSignal): Promise<boolean> => {
  const attempt = () => prepare(kept).then(() => true);
  const warn = (error: unknown, failures: number) =>
    failures % 10 === 1 && kept.logger.warn({ err: error }, 'Cannot prepare the database, trying again');
  return (await retryUntil(attempt, signal, warn, isFinal)) ?? false;
};

/**
 * Whether the log, its unique index and the settings are those of this process. Proves the log while `reading` reads
 * the settings. Rejects when the database does not answer within a second.
 */
export const isLogWhole = async (
  { log, shape }: KeptLog,
  reading: Promise<Pick<Cluster, 'settings'>>,
): Promise<boolean> => {
  const logId = logIdOf(log);
  const [isSame, { settings }] = await Promise.all([proveLog(log), reading]);
  return logId !== undefined && isSame && areSettingsKept(settings, shape, logId);
};

/**
 * Recreates what is missing of a log; appends are refused meanwhile. Returns true when the log is now another one, for
 * example after `db.dropDatabase()` or a restore from a backup. The process must then discard all states of the former
 * log. Throws when the database does not answer, and the errors for which `isFinal` is true.
 */
export const mendLog = async (kept: KeptLog): Promise<boolean> => {
  const { log, logger } = kept;
  if (loseLog(log))
    logger.error('The log, its unique index or the settings were dropped or replaced: writes are refused until repair');
  if (isWitnessMissing(log)) await distrustRecords(log, readDeadlineMs); // all processes then rebuild their states
  const isAnother = await prepare(kept);
  logger.info({ log: logIdOf(log), isAnother }, 'The log, its indexes and the settings are complete again');
  return isAnother;
};

const prepare = async ({ log, entities, shape }: KeptLog): Promise<boolean> =>
  guardLog(log, await ensureCollections(log, entities, shape));
