import {
  type Active,
  compareRows,
  type Entity,
  type Filter,
  indexTypeOf,
  type Key,
  keyOfThing,
  type Query,
  type SortKey,
} from '@muster/model';
import type { Filter as Condition } from 'mongodb';
import { readCheckpoints } from './checkpoints.ts';
import type { RecordDocument } from './documents.ts';
import { type Log, recordsOf } from './open-log.ts';
import { stateOf } from './records.ts';
import { type Bounds, boundsOf, isNothing } from './saved-bounds.ts';
import { isOfThisLog } from './snapshot-mark.ts';
import { type Stretch, walkWindows } from './walk-windows.ts';

/** A query of things in these of all partitions. */
export type WithinPartitions = Query & { partitions: readonly number[]; ofPartitions: number };

/** A saved thing with its sort keys. */
export type SavedRow = { keys: Key[]; id: string; state: Active };

/** Returns the condition for active things in the partitions of a query. */
export const savedCondition = (
  { partitions, ofPartitions }: WithinPartitions,
  more: Record<string, unknown>,
): Condition<RecordDocument> => ({
  deletedAt: null,
  ...(more as Condition<RecordDocument>),
  ...(partitions.length < ofPartitions ? { partition: { $in: [...partitions] } } : {}),
});

/** Returns the active things of these records, with the sort keys of the query. */
export const rowsOf = (log: Log, entity: Entity, { sort }: Query, records: readonly RecordDocument[]): SavedRow[] =>
  records.flatMap((record) => {
    const state = isOfThisLog(log, record.snapshot) ? stateOf(entity, record) : undefined;
    if (state?.status !== 'active') return [];
    return [{ keys: sort.map(({ field }) => keyOfThing(record._id, state, field)), id: record._id, state }];
  });

/**
 * Returns the first things of each partition in the order of their ids, one more than the limit at most. A few
 * partitions at a time, so that other requests get connections, too.
 */
export const walkById = async (log: Log, entity: Entity, query: WithinPartitions): Promise<SavedRow[]> => {
  const { after, limit, partitions, sort } = query;
  const direction = sort[0]?.descending ? -1 : 1;
  const from = after ? { _id: { [direction < 0 ? '$lt' : '$gt']: after[0] } } : {};
  const rows: SavedRow[] = [];
  for (let at = 0; at < partitions.length; at += atOnceMax) {
    const reading = partitions.slice(at, at + atOnceMax).map((partition) =>
      recordsOf(log, entity)
        .find({ partition, deletedAt: null, ...from } as Condition<RecordDocument>)
        .sort({ partition: direction, deletedAt: direction, _id: direction })
        .limit(limit + 1)
        .toArray(),
    );
    rows.push(...rowsOf(log, entity, query, (await Promise.all(reading)).flat()));
  }
  return rows;
};

const atOnceMax = 8;

/** Reads records in the order of an index. `isFull`: there may be more of them. */
type Read = (condition: object, descending: boolean, limit: number) => Promise<{ rows: SavedRow[]; isFull: boolean }>;

/**
 * Returns the first things in the order of an indexed field, then of their ids, one more than the limit at most. All
 * filters must be of that field, and `boundsOf` must have bounds for them.
 */
export const walkByField = async (log: Log, entity: Entity, query: WithinPartitions): Promise<SavedRow[]> => {
  const [{ field }, byId] = query.sort as [SortKey, SortKey];
  const most = query.limit + 1;
  const read: Read = async (condition, descending, limit) => {
    const order = descending ? -1 : 1;
    const found = recordsOf(log, entity).find(savedCondition(query, { ...condition }));
    const records = await found
      .sort({ deletedAt: order, [field]: order, _id: order })
      .limit(limit)
      .toArray();
    return { rows: rowsOf(log, entity, query, records), isFull: records.length === limit };
  };
  const stretch = isByArrival(entity, field) ? await stretchOf(log, entity, query) : undefined;
  const rows: SavedRow[] = [];
  for (const { bounds, isGroup, isBegun } of partsOf(entity, query)) {
    if (rows.length >= most) break;
    const from = isBegun ? { _id: { [byId.descending ? '$lt' : '$gt']: query.after?.at(-1) } } : {};
    const left = most - rows.length;
    if (isGroup && stretch) rows.push(...(await readMoment(read, { [field]: bounds }, query)).slice(0, left));
    else if (isGroup) rows.push(...(await read({ [field]: bounds, ...from }, byId.descending, left)).rows);
    else if (stretch) rows.push(...(await readByWindows(read, within(stretch, bounds), query, left)));
    else rows.push(...(await readGroups(read, { [field]: bounds }, query, left)));
  }
  return rows;
};

/** Whether a list in the order of this field may have very many things, in the order in which they came. */
const isByArrival = ({ keep }: Entity, field: string): boolean => keep !== undefined && field === 'createdAt';

const aheadMs = 24 * 3_600_000; // no clock is that much ahead
const readDeadlineMs = 1_000;

/** The time in which all saved things were created. Undefined if the checkpoints do not say it. */
const stretchOf = async (
  log: Log,
  { name }: Entity,
  { partitions }: WithinPartitions,
): Promise<Stretch | undefined> => {
  const checkpoints = await readCheckpoints(log, partitions, readDeadlineMs);
  const counts = [...checkpoints.values()].flatMap(({ kept }) => kept?.[name] ?? []);
  const oldest = counts.flatMap(({ oldest: at }) => at?.getTime() ?? []);
  const newest = counts.flatMap(({ newest: at }) => at?.getTime() ?? []);
  if (oldest.length === 0) return undefined;
  // few records are newer than the checkpoints
  return { from: Math.min(...oldest), late: Math.max(...newest) + 1, to: Date.now() + aheadMs };
};

/** The part of a stretch that the bounds of a date leave. */
const within = ({ from, late, to }: Stretch, bounds: Bounds | null): Stretch => {
  const { $gt, $gte, $lt } = Object(bounds) as { $gt?: Date; $gte?: Date; $lt?: Date };
  const begin = Math.max(from, $gt ? $gt.getTime() + 1 : ($gte?.getTime() ?? from));
  const end = Math.min(to, $lt?.getTime() ?? to);
  return { from: begin, late: Math.min(Math.max(late, begin), end), to: end };
};

const momentMax = 10_000; // things that were created in one millisecond

/** Reads the things of one moment. SecantusDB would scan the collection for a range of ids. */
const readMoment = async (read: Read, condition: object, { after, sort }: Query): Promise<SavedRow[]> => {
  const { rows } = await read(condition, sort[1]?.descending === true, momentMax);
  return rows.filter(({ keys }) => !after || compareRows(sort, keys, after) > 0);
};

const readByWindows = (read: Read, stretch: Stretch, query: Query, limit: number): Promise<SavedRow[]> => {
  const [{ field, descending }] = query.sort as [SortKey];
  return walkWindows(stretch, {
    ...{ descending, limit },
    read: ({ from, to }, left) =>
      readGroups(read, { [field]: { $gte: new Date(from), $lt: new Date(to) } }, query, left),
  });
};

/** A part of the order of an index: things with one key, or with several. `isBegun`: its first ones come before. */
type Part = { bounds: Bounds | null; isGroup: boolean; isBegun: boolean };

/** The parts behind the cursor, in the direction of the sort: its own group, what follows, and missing values. */
const partsOf = (entity: Entity, { after, filters, sort }: Query): Part[] => {
  const [{ field, descending } = { field: '', descending: false }] = sort;
  const from = after?.[0];
  const missing = filters.length === 0 ? [{ bounds: null, isGroup: true, isBegun: from === null }] : [];
  const partOf = (more: readonly Filter[], isGroup: boolean): Part[] => {
    const bounds = boundsOf(indexTypeOf(entity, field) ?? 'string', [...filters, ...more]);
    return bounds && !isNothing(bounds) ? [{ bounds, isGroup, isBegun: isGroup }] : [];
  };
  if (from === undefined) return descending ? [...partOf([], false), ...missing] : [...missing, ...partOf([], false)];
  if (from === null) return descending ? missing : [...missing, ...partOf([], false)];
  const group = partOf([{ field, operator: 'eq', keys: [from] }], true);
  const others = partOf([{ field, operator: descending ? 'lt' : 'gt', keys: [from] }], false);
  return [...group, ...others, ...(descending ? missing : [])];
};

/**
 * Reads things with several keys. If the ids go in the other direction than the keys, each group is turned later, and
 * the last one, which may be cut off, is read again in the direction of the ids.
 */
const readGroups = async (read: Read, condition: object, { sort }: Query, limit: number): Promise<SavedRow[]> => {
  const [first, second] = sort as [SortKey, SortKey];
  const { rows, isFull } = await read(condition, first.descending, limit);
  const last = rows.at(-1);
  if (!last || !isFull || first.descending === second.descending) return rows;
  const whole = rows.filter(({ keys }) => compareRows([first], keys, last.keys) !== 0);
  const group = await read({ [first.field]: { $eq: last.keys[0] } }, second.descending, limit - whole.length);
  return [...whole, ...group.rows];
};
