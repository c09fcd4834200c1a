import { randomBytes } from 'node:crypto';
import type { Entity } from '@muster/model';
import { readCollectionId } from './collection-id.ts';
import { describeShared, findSharedVersions, LogDamaged } from './damage.ts';
import { collectionOf, type LogId } from './log-guard.ts';
import { connect, handlesOf, type Log, recordsOf } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** The settings that every process on one database must share. */
export type SharedShape = { partitions: number; hash: string };

/** A process whose settings contradict those that the database was set up with. Final: it must not start. */
export class SettingsConflict extends Error {
  override name = 'SettingsConflict';
  readonly exitCode = 2;
}

/** Whether another try would end the same: the settings contradict each other, or the log is damaged. */
export const isFinal = (error: unknown): boolean => error instanceof SettingsConflict || error instanceof LogDamaged;

const schema = 1;
const expiredAfterSeconds = 24 * 3_600; // far above any lease

/**
 * Makes the collections, their indexes and the settings document where they are missing, and returns the id of the log;
 * idempotent, safe for many processes at once. When the records were derived from another log, as after a restore from
 * a back-up, they and the checkpoints are removed: the aggregators derive them again. Throws SettingsConflict when the
 * database was set up with other settings, LogDamaged when two events share a version, DeadlineError after
 * `deadlineMs` milliseconds.
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
  if (collection === undefined) throw new Error('Cannot prepare the log: it was dropped while its indexes were made');
  const derived = deriveFrom(log, entities, collection);
  const logId = await withinDeadline(derived, deadlineMs, 'remove the records of another log');
  const indexes = [
    handlesOf(log).aggregators.createIndexes([{ key: { heartbeatAt: 1 }, expireAfterSeconds: expiredAfterSeconds }]),
    handlesOf(log).deadLetters.createIndexes([{ key: { partition: 1 } }]),
    ...entities.map((entity) =>
      recordsOf(log, entity).createIndexes([{ key: { partition: 1, deletedAt: 1, _id: 1 } }]),
    ),
  ];
  await withinDeadline(Promise.all(indexes), deadlineMs, 'make the indexes');
  return logId;
};

/**
 * Notes that records and checkpoints can no longer be trusted: the next `ensureCollections` removes them, and the
 * aggregators derive them again. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const distrustRecords = async (log: Log, deadlineMs: number): Promise<void> => {
  const update = handlesOf(log).settings.updateOne({ _id: 'muster' }, { $set: { log: distrusted } });
  await withinDeadline(update, deadlineMs, 'note that the records must be derived again');
};

/**
 * Whether the settings document is there and says what this process was set up with. Throws DeadlineError after
 * `deadlineMs` milliseconds.
 */
export const areSettingsKept = async (
  log: Log,
  shape: SharedShape,
  logId: LogId,
  deadlineMs: number,
): Promise<boolean> => {
  const stored = await withinDeadline(
    handlesOf(log).settings.findOne({ _id: 'muster' }),
    deadlineMs,
    'read the settings',
  );
  return stored?.partitions === shape.partitions && stored.hash === shape.hash && stored.log === logId;
};

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
        `this process has ${mine[name]}; start it with the stored value, or on another database`,
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
  await withinDeadline(made, deadlineMs, 'make the indexes of the log').catch((error) => explain(log, error));
};

// the unique index cannot be made: say which events are in its way, as the server names one of them at best
const explain = async (log: Log, error: { code?: unknown }): Promise<never> => {
  if (error.code !== duplicateKey) throw error;
  const shared = await findSharedVersions(log, namedMax, searchMs).catch(() => []); // a large log may take too long
  throw new LogDamaged(
    [
      `Cannot start on database "${log.database}": several events share one version, so the log cannot say`,
      `which of them happened:\n${shared.map((one) => `  - ${describeShared(one)}\n`).join('')}`,
      'Nothing was changed. Stop all processes of this Muster, then run: npm run repair',
    ].join(' '),
  );
};

const duplicateKey = 11000;
const namedMax = 10;
const searchMs = 60_000;

/**
 * Notes which log the records are derived from, and removes those of another one, the checkpoints first. Again where
 * somebody distrusted the records meanwhile: what was saved late must go, too.
 */
const deriveFrom = async (log: Log, entities: readonly Entity[], collection: string): Promise<LogId> => {
  const { settings } = handlesOf(log);
  for (;;) {
    const { log: former } = (await settings.findOne({ _id: 'muster' })) ?? {};
    if (former !== undefined && collectionOf(former) === collection) return former;
    if (former !== undefined) await removeDerived(log, entities);
    // what was derived before events were taken out of this collection is of another log
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

// another process made it at the same moment
const ignoreDuplicate = (error: { code?: unknown }) => {
  if (error.code !== duplicateKey) throw error;
};

const ignoreMissing = (error: { code?: unknown }) => {
  if (error.code !== 26) throw error;
};
