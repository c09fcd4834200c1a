import {
  type Active,
  addGroup,
  type Entity,
  type Filter,
  type Group,
  type Groups,
  groupOf,
  keyOfThing,
  meetsAll,
  type View,
} from '@muster/model';
import type { Filter as Condition } from 'mongodb';
import type { RecordDocument } from './documents.ts';
import { type Log, recordsOf } from './open-log.ts';
import { recordsMax } from './query-saved.ts';
import { boundsOf, isNothing } from './saved-bounds.ts';
import { rowsOf, savedCondition } from './walk-saved.ts';
import { withinDeadline } from './within-deadline.ts';

/** The groups of saved things in these of all partitions, as far as they meet the filters of the view's field. */
export type GroupsQuery = {
  view: View;
  filters: readonly Filter[];
  partitions: readonly number[];
  ofPartitions: number;
  active: number; // how many things they have, about: by their checkpoints
};

export type SavedGroups = { kind: 'found'; groups: Group[] } | { kind: 'refused'; why: string };

/**
 * Returns the groups of a view among the saved things. Reads the things by the index of the view's field, or all of
 * them if no filter bounds them. Refuses when these are too many. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const readGroups = async (
  log: Log,
  entity: Entity,
  query: GroupsQuery,
  deadlineMs: number,
): Promise<SavedGroups> => {
  const { view, filters } = query;
  const records = await withinDeadline(readRecords(log, entity, query), deadlineMs, `read the view ${view.name}`);
  if (!records) return { kind: 'refused', why: tooMany(view) };
  const groups: Groups = new Map();
  for (const { id, state } of rowsOf(log, entity, { filters, sort: [], after: undefined, limit: 0 }, records))
    if (isMet(filters, id, state)) addGroup(groups, groupOf(view, state));
  return { kind: 'found', groups: [...groups.values()] };
};

const isMet = (filters: readonly Filter[], id: string, state: Active): boolean =>
  meetsAll(filters, (field) => keyOfThing(id, state, field));

const tooMany = ({ by }: View): string =>
  `the database would read more than ${recordsMax} records; add a filter on ${by} that leaves fewer things`;

const bounding = ['eq', 'in', 'lt', 'lte', 'gt', 'gte'];

/** Reads the records that may meet the filters. Undefined if they are too many. */
const readRecords = async (log: Log, entity: Entity, query: GroupsQuery): Promise<RecordDocument[] | undefined> => {
  const { view, filters } = query;
  const usable = filters.filter(({ operator }) => bounding.includes(operator));
  if (usable.length === 0) return readAll(log, entity, query);
  const bounds = boundsOf(entity.indexes.get(view.by) ?? 'string', usable);
  if (!bounds || isNothing(bounds)) return [];
  const within = { ...query, sort: [], after: undefined, limit: 0 };
  const found = recordsOf(log, entity).find(savedCondition(within, { [view.by]: bounds }));
  const records = await found.limit(recordsMax + 1).toArray();
  return records.length > recordsMax ? undefined : records;
};

const atOnceMax = 8;

/** Reads all active records of these partitions, a few partitions at a time. Undefined if they are too many. */
const readAll = async (
  log: Log,
  entity: Entity,
  { active, partitions }: GroupsQuery,
): Promise<RecordDocument[] | undefined> => {
  if (active > recordsMax) return undefined; // nothing is read for an answer that would be refused
  const records: RecordDocument[] = [];
  for (let from = 0; from < partitions.length && records.length <= recordsMax; from += atOnceMax) {
    const some = partitions.slice(from, from + atOnceMax);
    const most = recordsMax + 1 - records.length;
    const reading = some.map((partition) =>
      recordsOf(log, entity)
        .find({ partition, deletedAt: null } as Condition<RecordDocument>)
        .sort({ partition: 1, deletedAt: 1, _id: 1 })
        .limit(most)
        .toArray(),
    );
    records.push(...(await Promise.all(reading)).flat());
  }
  return records.length > recordsMax ? undefined : records;
};
