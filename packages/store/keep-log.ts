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

/** A log, and all that is needed to prepare it and to keep it whole. */
export type KeptLog = {
  log: Log;
  entities: readonly Entity[];
  shape: SharedShape;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
};

const readDeadlineMs = 1_000;

/**
 * Makes what the database lacks, and tries again until the database takes it; false when the signal aborted first. From
 * then on the log is guarded. Logs the first failure and every tenth after it. Throws what isFinal names.
 */
export const prepareDatabase = async (kept: KeptLog, signal: AbortSignal): Promise<boolean> => {
  const attempt = () => prepare(kept).then(() => true);
  const warn = (error: unknown, failures: number) =>
    failures % 10 === 1 && kept.logger.warn({ err: error }, 'Cannot prepare the database, trying again');
  return (await retryUntil(attempt, signal, warn, isFinal)) ?? false;
};

/**
 * Whether the log, its unique index and the settings are those that this process works on. Throws when the database
 * does not answer.
 */
export const isLogWhole = async ({ log, shape }: KeptLog): Promise<boolean> => {
  const logId = logIdOf(log);
  return logId !== undefined && (await proveLog(log)) && areSettingsKept(log, shape, logId, readDeadlineMs);
};

/**
 * Makes again what was dropped of a log; nothing can be appended meanwhile. Returns true when the log is another one by
 * now, as after `db.dropDatabase()` or a restore from a back-up: what the process knows of the former one must be
 * forgotten. Throws when the database does not answer, and what isFinal names.
 */
export const mendLog = async (kept: KeptLog): Promise<boolean> => {
  const { log, logger } = kept;
  if (loseLog(log))
    logger.error('The log, its unique index or the settings were dropped or replaced: no write is taken meanwhile');
  if (isWitnessMissing(log)) await distrustRecords(log, readDeadlineMs); // all processes derive anew what they know
  const isAnother = await prepare(kept);
  logger.info({ log: logIdOf(log), isAnother }, 'The database is whole again');
  return isAnother;
};

const prepare = async ({ log, entities, shape }: KeptLog): Promise<boolean> =>
  guardLog(log, await ensureCollections(log, entities, shape));
