import type { Entity } from '@muster/model';
import { type Log, recordsOf } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** The settings that every process on one database must share. */
export type SharedShape = { partitions: number; hash: string };

/** A process whose settings contradict those that the database was set up with. Final: it must not start. */
export class SettingsConflict extends Error {
  override name = 'SettingsConflict';
  readonly exitCode = 2;
}

const schema = 1;
const expiredAfterSeconds = 24 * 3_600; // far above any lease

/**
 * Makes the collections' indexes and the settings document where they are missing; idempotent, safe for many processes
 * at once. Throws SettingsConflict when the database was set up with other settings, DeadlineError after `deadlineMs`
 * milliseconds.
 */
export const ensureCollections = async (
  log: Log,
  entities: readonly Entity[],
  shape: SharedShape,
  deadlineMs = 10_000,
): Promise<void> => {
  // a client whose first connection came to nothing stays closed ("Topology is closed") until it is asked to connect,
  // not only to do something
  await withinDeadline(log.client.connect(), deadlineMs, 'connect');
  await withinDeadline(agreeOn(log, shape), deadlineMs, 'read the settings');
  const indexes = [
    log.events.createIndexes([
      { key: { entity: 1, entityId: 1, version: 1 }, unique: true },
      { key: { partition: 1, at: 1 } },
    ]),
    log.aggregators.createIndexes([{ key: { heartbeatAt: 1 }, expireAfterSeconds: expiredAfterSeconds }]),
    log.deadLetters.createIndexes([{ key: { partition: 1 } }]),
    ...entities.map((entity) =>
      recordsOf(log, entity).createIndexes([{ key: { partition: 1, deletedAt: 1, _id: 1 } }]),
    ),
  ];
  await withinDeadline(Promise.all(indexes), deadlineMs, 'make the indexes');
};

const agreeOn = async (log: Log, shape: SharedShape) => {
  const mine = { schema, ...shape };
  await log.settings.updateOne({ _id: 'muster' }, { $setOnInsert: mine }, { upsert: true }).catch(ignoreDuplicate);
  const stored = await log.settings.findOne({ _id: 'muster' });
  for (const name of ['schema', 'partitions', 'hash'] as const) {
    if (stored?.[name] === mine[name]) continue;
    throw new SettingsConflict(
      `Cannot start on database "${log.db.databaseName}": it was set up with ${name} ${stored?.[name]}, this process has ${mine[name]}; start it with the stored value, or on another database`,
    );
  }
};

// another process made it at the same moment
const ignoreDuplicate = (error: { code?: unknown }) => {
  if (error.code !== 11000) throw error;
};
