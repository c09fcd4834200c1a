import type { Entity } from '@muster/model';
import { type AnyBulkWriteOperation, BSON } from 'mongodb';
import { isPartial } from './bulk-error.ts';
import type { RecordDocument } from './documents.ts';
import { type Log, recordsOf } from './open-log.ts';
import { replaceTogether } from './replace-together.ts';
import { isOfAnotherLog } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

/** A record to save. `saved`: an earlier record of it may exist. */
export type Saving = { record: RecordDocument; saved: boolean };

/** The ids of the records that were not saved, and the first error. Empty when all were saved. */
export type Saved = { failed: ReadonlySet<string>; error: unknown };

/**
 * Saves changed records of one entity, unordered. A record replaces only an older version, or a record of another log.
 * New records are inserted. Known records, and new ones that already exist, are updated if they are older. Never
 * throws. After `deadlineMs` milliseconds, all records that are not known to be saved count as failed.
 */
export const saveRecords = async (
  log: Log,
  entity: Entity,
  savings: readonly Saving[],
  deadlineMs: number,
): Promise<Saved> => {
  const fresh = savings.filter((saving) => !saving.saved).map((saving) => saving.record);
  const inserted = await attempt(log, entity, fresh, (record) => ({ insertOne: { document: record } }), deadlineMs);
  const present = fresh.filter((record) => inserted.duplicates.has(record._id));
  const known = [...savings.filter((saving) => saving.saved).map((saving) => saving.record), ...present];
  const updated = await replaceKnown(log, entity, known, deadlineMs);
  const failed = new Set([...inserted.failed, ...updated.failed, ...updated.duplicates]);
  return { failed, error: updated.error ?? (inserted.failed.size > 0 ? inserted.error : undefined) };
};

const togetherBytesMax = 4 * 1024 * 1024; // a command has at most 16 MB; the driver splits single updates

const bytesOf = (records: readonly RecordDocument[]): number =>
  records.reduce((bytes, record) => bytes + BSON.calculateObjectSize(record), 0);

/**
 * Replaces known records with one update. All are sent again one by one if some do not exist, which creates those, or
 * if the server refuses the update: then only the records that it cannot store fail.
 */
const replaceKnown = async (
  log: Log,
  entity: Entity,
  records: readonly RecordDocument[],
  deadlineMs: number,
): Promise<Attempted> => {
  const oneByOne = () => attempt(log, entity, records, guardedUpdate, deadlineMs);
  if (records.length < 2 || bytesOf(records) > togetherBytesMax) return oneByOne();
  const replacements = records.map((record) => ({ _id: record._id, by: newest(record) }));
  const what = `replace ${records.length} records of ${entity.name}`;
  try {
    const isDone = await replaceTogether(recordsOf(log, entity), replacements, deadlineMs, what);
    return isDone ? { duplicates: new Set(), failed: new Set(), error: undefined } : oneByOne();
  } catch (error) {
    return { duplicates: new Set(), failed: new Set(records.map(({ _id }) => _id)), error };
  }
};

// filter by _id only: with a second field in the filter, some servers scan the collection
const guardedUpdate = (record: RecordDocument): AnyBulkWriteOperation<RecordDocument> => ({
  updateOne: { filter: { _id: record._id }, update: [{ $replaceWith: newest(record) }], upsert: true },
});

/** An expression: this record if it is newer than the stored one, or of another log, otherwise the stored one. */
const newest = (record: RecordDocument) => {
  const older = { $lt: [{ $ifNull: ['$version', 0] }, record.version] };
  const replaces = { $or: [older, isOfAnotherLog(record.snapshot)] };
  return { $cond: [replaces, { $literal: record }, '$$ROOT'] };
};

type Attempted = { duplicates: Set<string>; failed: Set<string>; error: unknown };

const attempt = async (
  log: Log,
  entity: Entity,
  records: readonly RecordDocument[],
  operation: (record: RecordDocument) => AnyBulkWriteOperation<RecordDocument>,
  deadlineMs: number,
): Promise<Attempted> => {
  if (records.length === 0) return { duplicates: new Set(), failed: new Set(), error: undefined };
  try {
    await withinDeadline(
      recordsOf(log, entity).bulkWrite(records.map(operation), { ordered: false }),
      deadlineMs,
      `save ${records.length} records of ${entity.name}`,
    );
    return { duplicates: new Set(), failed: new Set(), error: undefined };
  } catch (error) {
    return sortOut(records, error);
  }
};

const sortOut = (records: readonly RecordDocument[], error: unknown): Attempted => {
  if (!isPartial(error)) return { duplicates: new Set(), failed: new Set(records.map((record) => record._id)), error };
  const idsOf = (isWanted: (code: number) => boolean) => {
    const errors = error.result.getWriteErrors().filter((one) => isWanted(one.code));
    return new Set(errors.map((one) => String(records[one.index]?._id)));
  };
  return { duplicates: idsOf((code) => code === 11000), failed: idsOf((code) => code !== 11000), error };
};
