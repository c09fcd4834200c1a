import {
  type Active,
  compareRows,
  type Entity,
  type Filter,
  indexTypeOf,
  type Key,
  keyOfThing,
  meetsAll,
  type Query,
  renderSelected,
  type SortKey,
} from '@muster/model';
import type { Filter as Condition } from 'mongodb';
import type { RecordDocument } from './documents.ts';
import { type Log, recordsOf } from './open-log.ts';
import { stateOf } from './records.ts';
import { type Bounds, boundsOf, isNothing } from './saved-bounds.ts';
import { isOfThisLog } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

// Every read here is bounded by an index and by a limit. What no index bounds is refused, because it would read the
// whole collection.

/** A query of saved things in these partitions. `shown` and `fields` say what of them is returned. */
export type SavedQuery = Query & {
  partitions: readonly number[];
  shown: 'keys' | 'things';
  fields: readonly string[] | undefined;
  total: boolean;
};

/** The first things, with what clients see of them as JSON. `total`: the number of all, if it was asked for. */
export type SavedAnswer =
  | { kind: 'found'; items: { keys: Key[]; json: string }[]; more: boolean; total: number }
  | { kind: 'refused'; why: string };

/** The most records that a query may read. */
const recordsMax = 10_000;

type Row = { keys: Key[]; id: string; state: Active };
type Found = { rows: Row[]; total: number };

/**
 * Returns the first saved things that meet the query, in its order. Reads them by an index that has the order of the
 * sort, or by one that leaves few things. Refuses a query that no index supports. Throws DeadlineError after
 * `deadlineMs` milliseconds.
 */
export const querySaved = async (
  log: Log,
  entity: Entity,
  query: SavedQuery,
  deadlineMs: number,
): Promise<SavedAnswer> => {
  const what = `query the saved ${entity.name}s`;
  const walked = isInOrder(entity, query);
  const field = walked ? undefined : bestField(entity, query.filters);
  if (!walked && field === undefined) return refuse(noIndex(entity, query));
  const reading = field === undefined ? walk(log, entity, query) : gather(log, entity, query, field);
  const found = await withinDeadline(reading, deadlineMs, what);
  if (found === undefined) return refuse(tooMany);
  const rows = found.rows.sort((one, other) => compareRows(query.sort, one.keys, other.keys));
  const page = rows.slice(0, query.limit);
  const items = page.map(({ keys, id, state }) => ({
    keys,
    json: query.shown === 'things' ? renderSelected(entity, id, state, query.fields) : '',
  }));
  return { kind: 'found', items, more: rows.length > page.length, total: found.total };
};

const refuse = (why: string): SavedAnswer => ({ kind: 'refused', why });

const noIndex = ({ indexes }: Entity, { sort }: Query): string =>
  [
    `no index of the database supports this query; add a filter with eq, in, lt, lte, gt or gte on one of`,
    `${['id', ...indexes.keys()].join(', ')} (on id only eq and in)`,
    ...(sort.length > 2 ? ['or sort by one field only'] : []),
  ].join(' ');

const tooMany = `the database would read more than ${recordsMax} records; add a filter that leaves fewer things`;

/** Whether an index has the order of the sort, and its bounds are all filters. */
const isInOrder = (entity: Entity, { filters, sort }: Query): boolean => {
  const [{ field } = { field: '' }] = sort;
  if (field === 'id') return filters.length === 0;
  const type = entity.indexes.get(field);
  if (!type || sort.length > 2 || filters.some((filter) => filter.field !== field)) return false;
  return boundsOf(type, filters) !== undefined;
};

/** The field whose filters leave the fewest things, as far as their operators say. */
const bestField = (entity: Entity, filters: readonly Filter[]): string | undefined => {
  const isUsable = ({ field, operator }: Filter) =>
    operators.includes(operator) && (entity.indexes.has(field) || (field === 'id' && operators.indexOf(operator) < 2));
  const [best] = filters
    .filter(isUsable)
    .sort((one, other) => operators.indexOf(one.operator) - operators.indexOf(other.operator));
  return best?.field;
};

const operators = ['eq', 'in', 'gt', 'gte', 'lt', 'lte'];

/** Reads all things that meet the filters of one field, then applies the others. Undefined if these are too many. */
const gather = async (log: Log, entity: Entity, query: SavedQuery, field: string): Promise<Found | undefined> => {
  const type = indexTypeOf(entity, field) ?? 'string';
  const own = query.filters.filter((filter) => filter.field === field && operators.includes(filter.operator));
  const usable = field === 'id' ? own.filter(({ operator }) => operators.indexOf(operator) < 2) : own;
  const bounds = boundsOf(type, usable);
  const states: Row[] = [];
  let left = recordsMax;
  for (const partition of bounds && !isNothing(bounds) ? query.partitions : []) {
    const condition = { partition, deletedAt: null, [nameOf(field)]: bounds } as Condition<RecordDocument>;
    const records = await recordsOf(log, entity)
      .find(condition)
      .limit(left + 1)
      .toArray();
    left -= records.length;
    if (left < 0) return undefined;
    states.push(...rowsOf(log, entity, query, records));
  }
  const matching = states.filter(({ id, state }) => meetsAll(query.filters, (name) => keyOfThing(id, state, name)));
  return { rows: matching.filter(isAfter(query)), total: matching.length };
};

const isAfter =
  ({ after, sort }: Query) =>
  ({ keys }: Row): boolean =>
    !after || compareRows(sort, keys, after) > 0;

const nameOf = (field: string): string => (field === 'id' ? '_id' : field);

const rowsOf = (log: Log, entity: Entity, { sort }: Query, records: readonly RecordDocument[]): Row[] =>
  records.flatMap((record) => {
    const state = isOfThisLog(log, record.snapshot) ? stateOf(entity, record) : undefined;
    if (state?.status !== 'active') return [];
    return [{ keys: sort.map(({ field }) => keyOfThing(record._id, state, field)), id: record._id, state }];
  });

/** Reads the first things of each partition in the order of an index. Undefined if these are too many. */
const walk = async (log: Log, entity: Entity, query: SavedQuery): Promise<Found | undefined> => {
  if ((query.limit + 1) * query.partitions.length > 5 * recordsMax) return undefined;
  const walks = query.partitions.map(async (partition) => walkPartition(log, entity, query, partition));
  const rows = (await Promise.all(walks)).flat();
  return { rows, total: query.total && query.filters.length > 0 ? await countBounded(log, entity, query) : 0 };
};

const countBounded = async (log: Log, entity: Entity, { filters, partitions, sort }: SavedQuery): Promise<number> => {
  const [{ field } = { field: '' }] = sort;
  const bounds = boundsOf(entity.indexes.get(field) ?? 'string', filters);
  const counts = partitions.map((partition) =>
    recordsOf(log, entity).countDocuments({ partition, deletedAt: null, [field]: bounds } as Condition<RecordDocument>),
  );
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
};

/** Reads records of one partition in an order of the index of `field`. */
type Read = (condition: Record<string, unknown>, descending: boolean, limit: number) => Promise<Row[]>;

const walkPartition = async (log: Log, entity: Entity, query: SavedQuery, partition: number): Promise<Row[]> => {
  const [first, second] = query.sort as [SortKey, SortKey?];
  const most = query.limit + 1;
  const read: Read = async (condition, descending, limit) => {
    const bounded = { partition, deletedAt: null, ...condition } as Condition<RecordDocument>;
    const names = ['partition', 'deletedAt', ...(second ? [first.field] : []), '_id'];
    const order = Object.fromEntries(names.map((name) => [name, descending ? -1 : 1] as const));
    const records = recordsOf(log, entity).find(bounded).sort(order).limit(limit).toArray();
    return rowsOf(log, entity, query, await records);
  };
  const beyond = (keys: readonly Key[] | undefined, { descending }: SortKey) =>
    keys ? { _id: { [descending ? '$lt' : '$gt']: keys.at(-1) } } : {};
  if (!second) return read(beyond(query.after, first), first.descending, most);
  const rows: Row[] = [];
  for (const part of partsOf(entity, query)) {
    if (rows.length >= most) break;
    const { field } = first;
    const from = part.isGroup && part.isBegun ? beyond(query.after, second) : {};
    const condition = { [field]: part.bounds, ...from };
    if (part.isGroup) rows.push(...(await read(condition, second.descending, most - rows.length)));
    else rows.push(...(await readGroups(read, condition, query, most - rows.length)));
  }
  return rows;
};

/** A part of the order of an index: things with one key, or things with several keys. */
type Part = { bounds: Bounds | null; isGroup: boolean; isBegun: boolean };

/** The parts behind the cursor, in the direction of the sort: its own group, what follows, and missing values. */
const partsOf = (entity: Entity, { after, filters, sort }: Query): Part[] => {
  const [{ field, descending } = { field: '', descending: false }] = sort;
  const type = entity.indexes.get(field) ?? 'string';
  const from = after?.[0];
  const parts: Part[] = [];
  const add = (isGroup: boolean, isBegun: boolean, more: readonly Filter[]) => {
    const bounds = boundsOf(type, [...filters, ...more]);
    if (bounds && !isNothing(bounds)) parts.push({ bounds, isGroup, isBegun });
  };
  const missing = (isBegun: boolean) => {
    if (filters.length === 0) parts.push({ bounds: null, isGroup: true, isBegun });
  };
  if (from === undefined || (from === null && !descending)) {
    if (!descending) missing(from === null);
    add(false, false, []);
  } else if (from !== null) {
    add(true, true, [{ field, operator: 'eq', keys: [from] }]);
    add(false, false, [{ field, operator: descending ? 'lt' : 'gt', keys: [from] }]);
  }
  if (descending) missing(from === null);
  return parts;
};

/**
 * Reads things with several keys. If the ids go in the other direction than the keys, each group is turned, and the
 * last one, which may be cut off, is read again in the direction of the ids.
 */
const readGroups = async (
  read: Read,
  condition: Record<string, unknown>,
  { sort }: Query,
  limit: number,
): Promise<Row[]> => {
  const [first, second] = sort as [SortKey, SortKey];
  const { field } = first;
  const rows = await read(condition, first.descending, limit);
  const last = rows.at(-1);
  if (!last || rows.length < limit || first.descending === second.descending) return rows;
  const whole = rows.filter(({ keys }) => compareRows([first], keys, last.keys) !== 0);
  const group = await read({ [field]: { $eq: last.keys[0] } }, second.descending, limit - whole.length);
  return [...whole, ...group];
};
