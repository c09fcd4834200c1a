import {
  addGroup,
  compareKeys,
  compareRows,
  type Entity,
  figuresOf,
  type Group,
  type Groups,
  type Key,
  shownGroup,
  type View,
} from '@muster/model';
import { countSaved, databaseNow, readGroups } from '@muster/store';
import type { Viewed, ViewQuestion } from '@muster/wire';
import { askInMemory, noReplica, type Unplaced, unansweredIn } from './ask-in-memory.ts';
import { type Freshness, withOwnWrites } from './freshness.ts';
import type { Gateway } from './gateway.ts';
import type { GroupOrder, ViewRequest } from './parse-view.ts';
import { type About, noteSaved } from './partition-counts.ts';
import { inPlace } from './places.ts';
import type { Item, QueryPart } from './query-parts.ts';
import type { Start } from './query-things.ts';
import { whyFailed } from './why-failed.ts';

/** The groups of a page. `tooMany`: their order needs all groups, and there are more than this many. */
export type ViewPage =
  | ({ kind: 'groups'; about: About } & QueryPart)
  | { kind: 'tooMany'; most: number }
  | { kind: 'unavailable'; why: string };

/** How many groups are ordered by a figure at most: all of them are needed for the first one. */
const orderedMax = 10_000;

/**
 * Returns a page of the groups of a view: from memory, and from the snapshot for partitions without an answering
 * replica.
 */
export const readView = async (
  gateway: Gateway,
  entity: Entity,
  view: View,
  asked: ViewRequest,
  start: Start,
  freshness = withOwnWrites(gateway.remembered),
): Promise<ViewPage> => {
  try {
    const question = questionOf(entity, view, asked, start);
    const { groups, more, about } = await askGroups(gateway, entity, view, question, freshness);
    const isByKey = asked.order.kind === 'key';
    if (!isByKey && (more || groups.length > orderedMax)) return { kind: 'tooMany', most: orderedMax };
    const rows = groups.map((group) => ({ keys: keysOf(asked.order, group), group }));
    const page = pageOf(rows, more, asked, start);
    const items = page.rows.map(({ keys, group }): Item => ({ keys, json: JSON.stringify(shownGroup(view, group)) }));
    return { kind: 'groups', about, items, more: page.more };
  } catch (error) {
    return { kind: 'unavailable', why: whyFailed(gateway, error) };
  }
};

type Question = Unplaced<ViewQuestion>;

/** The first groups in the order of keys are enough for a page in that order. Every other order needs all groups. */
const questionOf = (
  { name: entity }: Entity,
  { by, measures }: View,
  { filters, order, page, sort }: ViewRequest,
  start: Start,
): Question => {
  const about = { kind: 'view' as const, entity, by, measures: [...measures], filters };
  if (order.kind !== 'key') return { ...about, descending: false, after: undefined, limit: orderedMax };
  const descending = (sort[0]?.descending === true) !== (start.kind === 'before');
  if (start.kind === 'offset') return { ...about, descending, after: undefined, limit: start.offset + page.limit };
  return { ...about, descending, after: start.keys[0], limit: page.limit };
};

/** The groups that were found in several parts, each of which may have things of the same group. */
type Found = { groups: Groups; more: boolean; answered: Set<number>; about: About };

const askGroups = async (
  gateway: Gateway,
  entity: Entity,
  view: View,
  question: Question,
  { maySnapshot, minVersions }: Freshness,
) => {
  const found: Found = {
    ...{ groups: new Map(), more: false, answered: new Set() },
    about: { sources: new Set(), lagMs: 0, asOf: undefined },
  };
  await askInMemory(gateway, question, {
    answered: found.answered,
    minVersions,
    take: (source, answer) => {
      if (answer.kind === 'viewed') takeViewed(found, source, answer);
    },
  });
  const missing = unansweredIn(found.answered, gateway.settings.PARTITIONS);
  if (missing.length > 0 && !maySnapshot) throw new Error(noReplica(missing));
  if (missing.length > 0) await takeSaved(gateway, entity, view, question, found, missing);
  const { descending, limit } = question;
  const inOrder = [...found.groups.values()].sort((one, other) =>
    descending ? compareKeys(other.key, one.key) : compareKeys(one.key, other.key),
  );
  // behind the first ones, things of a group may be missing
  return { groups: inOrder.slice(0, limit), more: found.more || inOrder.length > limit, about: found.about };
};

/** Adds the answer of a replica. Does nothing if one of its partitions is answered already. */
const takeViewed = (found: Found, source: string, { partitions, groups, more, lagMs }: Viewed): void => {
  if (partitions.some((partition) => found.answered.has(partition))) return;
  for (const partition of partitions) found.answered.add(partition);
  for (const group of groups) addGroup(found.groups, group);
  found.more ||= more;
  found.about.sources.add(source);
  found.about.lagMs = Math.max(found.about.lagMs, lagMs);
};

/** Adds the groups of these partitions from the snapshot. */
const takeSaved = async (
  gateway: Gateway,
  entity: Entity,
  view: View,
  question: Question,
  found: Found,
  partitions: readonly number[],
): Promise<void> => {
  const { log, savedQueries, settings } = gateway;
  const read = async (leftMs: () => number) => {
    // before the records are read, so that these are as new or newer
    const counts = await countSaved(log, entity, partitions, leftMs());
    const active = counts.reduce((sum, count) => sum + count.active, 0);
    const query = { view, filters: question.filters, partitions, ofPartitions: settings.PARTITIONS, active };
    return { counts, saved: await readGroups(log, entity, query, leftMs()) };
  };
  const done = await inPlace(savedQueries, settings.DATABASE_DEADLINE_MS, read);
  if (!done) throw new Error('as many lists as may be read from the database at once are being read already');
  for (const count of done.counts) noteSaved(found.about, count, databaseNow(gateway.clock));
  if (done.saved.kind === 'refused') throw new Error(`${noReplica(partitions)}, and ${done.saved.why}`);
  const { after, descending } = question;
  const isBehind = ({ key }: Group) =>
    after === undefined || (descending ? compareKeys(key, after) < 0 : compareKeys(key, after) > 0);
  for (const group of done.saved.groups) if (isBehind(group)) addGroup(found.groups, group);
};

/** A group with its sort keys. */
type Row = { keys: readonly Key[]; group: Group };

const keysOf = (order: GroupOrder, group: Group): Key[] =>
  order.kind === 'key' ? [group.key] : [figureOf(order, group), group.key];

const figureOf = (order: Exclude<GroupOrder, { kind: 'key' }>, { count, measures }: Group): Key => {
  const measure = order.kind === 'figure' ? measures[order.measure] : undefined;
  return order.kind === 'figure' && measure ? figuresOf(measure)[order.figure] : count;
};

/** Cuts the page out of the groups that were found. */
const pageOf = (
  found: Row[],
  more: boolean,
  { order, page, sort }: ViewRequest,
  start: Start,
): { rows: Row[]; more: boolean } => {
  const { limit } = page;
  if (order.kind !== 'key') found.sort((one, other) => compareRows(sort, one.keys, other.keys));
  if (start.kind === 'offset') {
    const rows = found.slice(start.offset, start.offset + limit);
    return { rows, more: more || found.length > start.offset + limit };
  }
  if (order.kind === 'key') return { rows: start.kind === 'before' ? found.reverse() : found, more };
  const isBehind = ({ keys }: Row) => compareRows(sort, keys, start.keys) > 0;
  const isBefore = ({ keys }: Row) => compareRows(sort, keys, start.keys) < 0;
  const some = found.filter(start.kind === 'before' ? isBefore : isBehind);
  return { rows: start.kind === 'before' ? some.slice(-limit) : some.slice(0, limit), more: some.length > limit };
};
