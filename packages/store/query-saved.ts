import {
  compareRows,
  type Entity,
  type Filter,
  indexTypeOf,
  type Key,
  keyOfThing,
  meetsAll,
  type Query,
  renderSelected,
} from '@muster/model';
import { type Log, recordsOf } from './open-log.ts';
import { boundsOf, isNothing } from './saved-bounds.ts';
import { savedFieldsOf, savedIndexOf } from './saved-indexes.ts';
import { rowsOf, type SavedRow, savedCondition, type WithinPartitions, walkByField, walkById } from './walk-saved.ts';
import { withinDeadline } from './within-deadline.ts';

// Every read here is bounded by an index and by a limit. What no index bounds is refused, because it would read the
// whole collection.

/** A query of saved things. `shown` and `fields` say what of them is returned. */
export type SavedQuery = WithinPartitions & {
  shown: 'keys' | 'things';
  fields: readonly string[] | undefined;
  total: boolean;
};

/** The first things, with what clients see of them as JSON. `total`: the number of all, if it was asked for. */
export type SavedAnswer =
  | { kind: 'found'; items: { keys: Key[]; json: string }[]; more: boolean; total: number }
  | { kind: 'refused'; why: string };

/** The most records that a query may read. */
export const recordsMax = 10_000;

type Found = { rows: SavedRow[]; total: number };

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

const noIndex = (entity: Entity, { sort }: Query): string =>
  [
    `no index of the database supports this query; add a filter with eq, in, lt, lte, gt or gte on one of`,
    `${['id', ...savedFieldsOf(entity)].join(', ')} (on id only eq and in)`,
    ...(sort.length > 2 ? ['or sort by one field only'] : []),
  ].join(' ');

const tooMany = `the database would read more than ${recordsMax} records; add a filter that leaves fewer things`;

/** Whether an index has the order of the sort, and its bounds are all filters. */
const isInOrder = (entity: Entity, { filters, sort }: Query): boolean => {
  const [{ field } = { field: '' }] = sort;
  if (field === 'id') return filters.length === 0;
  const type = savedIndexOf(entity, field);
  if (!type || sort.length > 2 || filters.some((filter) => filter.field !== field)) return false;
  return boundsOf(type, filters) !== undefined;
};

/** The field whose filters leave the fewest things, as far as their operators say. */
const bestField = (entity: Entity, filters: readonly Filter[]): string | undefined => {
  const [best] = filters
    .filter((filter) => isUsable(entity, filter))
    .sort((one, other) => operators.indexOf(one.operator) - operators.indexOf(other.operator));
  return best?.field;
};

const operators = ['eq', 'in', 'gt', 'gte', 'lt', 'lte'];

// SecantusDB scans the collection for a range of ids
const isUsable = (entity: Entity, { field, operator }: Filter): boolean =>
  field === 'id'
    ? operator === 'eq' || operator === 'in'
    : savedIndexOf(entity, field) !== undefined && operators.includes(operator);

/** Reads all things that meet the filters of one field, then applies the others. Undefined if these are too many. */
const gather = async (log: Log, entity: Entity, query: SavedQuery, field: string): Promise<Found | undefined> => {
  const type = indexTypeOf(entity, field) ?? 'string';
  const usable = query.filters.filter((filter) => filter.field === field && isUsable(entity, filter));
  const bounds = boundsOf(type, usable);
  if (!bounds || isNothing(bounds)) return { rows: [], total: 0 };
  const condition = savedCondition(query, { [field === 'id' ? '_id' : field]: bounds });
  const records = await recordsOf(log, entity)
    .find(condition)
    .limit(recordsMax + 1)
    .toArray();
  if (records.length > recordsMax) return undefined;
  const matching = rowsOf(log, entity, query, records).filter(({ id, state }) =>
    meetsAll(query.filters, (name) => keyOfThing(id, state, name)),
  );
  return { rows: matching.filter(isAfter(query)), total: matching.length };
};

const isAfter =
  ({ after, sort }: Query) =>
  ({ keys }: SavedRow): boolean =>
    !after || compareRows(sort, keys, after) > 0;

/** Reads the first things in the order of an index. Undefined if these are too many. */
const walk = async (log: Log, entity: Entity, query: SavedQuery): Promise<Found | undefined> => {
  if (query.sort.length > 1) {
    const rows = await walkByField(log, entity, query);
    return { rows, total: query.total && query.filters.length > 0 ? await countBounded(log, entity, query) : 0 };
  }
  if ((query.limit + 1) * query.partitions.length > 4 * recordsMax) return undefined;
  return { rows: await walkById(log, entity, query), total: 0 };
};

const countMs = 2_000; // a count that nobody waits for any more must end

const countBounded = async (log: Log, entity: Entity, query: SavedQuery): Promise<number> => {
  const [{ field } = { field: '' }] = query.sort;
  const bounds = boundsOf(indexTypeOf(entity, field) ?? 'string', query.filters);
  return recordsOf(log, entity).countDocuments(savedCondition(query, { [field]: bounds }), { maxTimeMS: countMs });
};
