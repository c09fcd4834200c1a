import { randomBytes } from 'node:crypto';
import type { Entity } from '@muster/model';
import { type IndexDescription, MongoServerError } from 'mongodb';
import { readCollectionId } from './collection-id.ts';
import { describeShared, findSharedVersions, LogDamaged } from './damage.ts';
import type { SettingsDocument } from './documents.ts';
import { collectionOf, type LogId } from './log-guard.ts';
import { connect, handlesOf, type Log, recordsOf } from './open-log.ts';
import { savedFieldsOf } from './saved-indexes.ts';
import { withinDeadline } from './within-deadline.ts';

/** The settings that all processes on one database must share. */
export type SharedShape = { partitions: number; hash: string };

/** The settings of this process differ from those of the database. Final: the process must not start. */
export class SettingsConflict extends Error {
  override name = 'SettingsConflict';
  readonly exitCode = 2;
}

/** Whether a retry cannot succeed: the settings differ, or the log is damaged. */
export const isFinal = (error: unknown): boolean => error instanceof SettingsConflict || error instanceof LogDamaged;

const schema = 1;
const expiredAfterSeconds = 24 * 3_600; // much longer than any lease

/**
 * Creates missing collections, indexes and the settings document, and returns the id of the log. Idempotent, and safe
 * when many processes run it at once. Removes records and checkpoints that were derived from another log, for example
 * after a restore from a backup. The aggregators then rebuild them. Throws:
 * - SettingsConflict when the database was set up with other settings
 * - LogDamaged when two events share a version
 * - DeadlineError when a step takes longer than `deadlineMs` milliseconds
 */
export const ensureCollections = async (
  log: Log,
  entities: readonly Entity[],
  shape: SharedShape,
  deadlineMs = 10_000,
): Promise<LogId> => {
  await connect(log, deadlineMs);
  await withinDeadline(agreeOn(log, shape), deadlineMs, 'read the settings');
  await ensureEvents(log, deadlineMs);
  const collection = await readCollectionId(log, deadlineMs);
  if (collection === undefined)
    throw new Error('Cannot prepare the log: Events was dropped while its indexes were created. Try again.');
  const derived = deriveFrom(log, entities, collection);
  const logId = await withinDeadline(derived, deadlineMs, 'remove the records of another log');
  const indexes = [
    handlesOf(log).aggregators.createIndexes([{ key: { heartbeatAt: 1 }, expireAfterSeconds: expiredAfterSeconds }]),
    handlesOf(log).deadLetters.createIndexes([{ key: { partition: 1 } }]),
    ...entities.map((entity) => recordsOf(log, entity).createIndexes([byPartition])),
    ...entities.flatMap((entity) => declaredIndexesOf(entity).map((index) => createUnlessThere(log, entity, index))),
  ];
  await withinDeadline(Promise.all(indexes), deadlineMs, 'create the indexes');
  return logId;
};

// for lists without an aggregator: a partition in the order of ids, and all of them in the order of each declared index
const byPartition: IndexDescription = { key: { partition: 1, deletedAt: 1, _id: 1 } };

const declaredIndexesOf = (entity: Entity): IndexDescription[] =>
  savedFieldsOf(entity).map((field) => ({ key: { deletedAt: 1, [field]: 1, _id: 1, partition: 1 } as const }));

/** Creates an index, unless somebody has made one with these keys and another name or options: it serves as well. */
const createUnlessThere = async (log: Log, entity: Entity, index: IndexDescription): Promise<void> => {
  try {
    await recordsOf(log, entity).createIndexes([index]);
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === optionsConflict)) throw error;
  }
};

const optionsConflict = 85;

/**
 * Marks records and checkpoints as invalid. The next `ensureCollections` removes them, and the aggregators rebuild
 * them. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const distrustRecords = async (log: Log, deadlineMs: number): Promise<void> => {
  const update = handlesOf(log).settings.updateOne({ _id: 'muster' }, { $set: { log: distrusted } });
  await withinDeadline(update, deadlineMs, 'mark the records as invalid');
};

/** Whether the stored settings are those of this process, for this log. Pure. */
export const areSettingsKept = (
  stored: SettingsDocument | undefined,
  { partitions, hash }: SharedShape,
  logId: LogId,
): boolean => stored?.partitions === partitions && stored.hash === hash && stored.log === logId;

const agreeOn = async (log: Log, shape: SharedShape) => {
  const mine = { schema, ...shape };
  await handlesOf(log)
    .settings.updateOne({ _id: 'muster' }, { $setOnInsert: mine }, { upsert: true })
    .catch(ignoreDuplicate);
  const stored = await handlesOf(log).settings.findOne({ _id: 'muster' });
  for (const name of ['schema', 'partitions', 'hash'] as const) {
    if (stored?.[name] === mine[name]) continue;
    throw new SettingsConflict(
      [
        `Cannot start on database "${log.database}": it was set up with ${name} ${stored?.[name]},`,
        `but this process has ${mine[name]}. Start it with the stored value, or on another database.`,
      ].join(' '),
    );
  }
};

const ensureEvents = async (log: Log, deadlineMs: number) => {
  const indexes = [
    { key: { entity: 1, entityId: 1, version: 1 }, unique: true },
    { key: { partition: 1, at: 1 } },
  ] as const;
  const made = handlesOf(log).events.createIndexes(indexes.map((index) => ({ ...index })));
  await withinDeadline(made, deadlineMs, 'create the indexes of the log').catch((error) => explain(log, error));
};

// The unique index cannot be created. The server names one of the conflicting events at most, so list them all.
const explain = async (log: Log, error: { code?: unknown }): Promise<never> => {
  if (error.code !== duplicateKey) throw error;
  // the search may time out on a large log
  const shared = await findSharedVersions(log, namedMax, searchMs).catch(() => []);
  throw new LogDamaged(
    [
      `Cannot start on database "${log.database}": several events share one version, so nobody can tell`,
      `which of them is valid:\n${shared.map((one) => `  - ${describeShared(one)}\n`).join('')}`,
      'Nothing was changed. Stop all Muster processes on this database, then run: npm run repair',
    ].join(' '),
  );
};

const duplicateKey = 11000;
const namedMax = 10;
const searchMs = 60_000;

/**
 * Stores the id of the log that the records are derived from. Removes the checkpoints and records of another log, in
 * this order. Repeats when another process changes the stored id meanwhile, because late snapshots must be removed,
 * too.
 */
const deriveFrom = async (log: Log, entities: readonly Entity[], collection: string): Promise<LogId> => {
  const { settings } = handlesOf(log);
  for (;;) {
    const { log: former } = (await settings.findOne({ _id: 'muster' })) ?? {};
    if (former !== undefined && collectionOf(former) === collection) return former;
    if (former !== undefined) await removeDerived(log, entities);
    // records from before the removal of events must count as records of another log, so the id gets a new suffix
    const logId = former === distrusted ? `${collection}/${randomBytes(4).toString('hex')}` : collection;
    const expected = former === undefined ? { $exists: false } : former;
    const { matchedCount } = await settings.updateOne({ _id: 'muster', log: expected }, { $set: { log: logId } });
    if (matchedCount > 0) return logId;
  }
};

const distrusted = 'repaired';

const removeDerived = async (log: Log, entities: readonly Entity[]) => {
  await handlesOf(log).checkpoints.deleteMany({});
  await handlesOf(log).deadLetters.deleteMany({});
  for (const entity of entities) await recordsOf(log, entity).drop().catch(ignoreMissing);
};

// another process created it at the same moment
const ignoreDuplicate = (error: { code?: unknown }) => {
  if (error.code !== duplicateKey) throw error;
};

const ignoreMissing = (error: { code?: unknown }) => {
  if (error.code !== 26) throw error;
};
