import { type Entity, type Key, reverseSort } from '@muster/model';
import { countSaved, databaseNow, querySaved } from '@muster/store';
import type { QueryQuestion } from '@muster/wire';
import { askInMemory, noReplica, type Unplaced, unansweredIn } from './ask-in-memory.ts';
import { type Freshness, withOwnWrites } from './freshness.ts';
import type { Gateway } from './gateway.ts';
import type { ListRequest } from './parse-list.ts';
import { type About, noteSaved } from './partition-counts.ts';
import { inPlace } from './places.ts';
import { queryKept } from './query-kept.ts';
import {
  mergeParts,
  openQueryParts,
  type QueryPart,
  type QueryParts,
  takeQueried,
  takeSavedPart,
} from './query-parts.ts';
import { countThings } from './read-set.ts';
import { whyFailed } from './why-failed.ts';

/** Where a page begins: behind some things, or next to the thing with these sort keys. */
export type Start =
  | { kind: 'offset'; offset: number }
  | { kind: 'after'; keys: readonly Key[] }
  | { kind: 'before'; keys: readonly Key[] };

/**
 * A page of a list. `more`: there are further things, in the direction in which it was read. `edge`: the sort keys of
 * the thing before a page that begins at an offset, when they were read.
 */
export type QueriedPage =
  | ({ kind: 'listed'; total: number; about: About; edge?: readonly Key[] } & QueryPart)
  | { kind: 'refused'; why: string } // only of an entity with `keep`: no index of the database supports the query
  | { kind: 'unavailable'; why: string };

/**
 * Returns a page of the active things of an entity that meet all filters, in the order of the sort: from memory, and
 * from the snapshot for partitions without an answering replica.
 */
export const queryThings = async (
  gateway: Gateway,
  entity: Entity,
  list: ListRequest,
  start: Start,
  freshness = withOwnWrites(gateway.remembered),
): Promise<QueriedPage> => {
  try {
    if (start.kind === 'offset' && start.offset > 0)
      return await queryFromOffset(gateway, entity, list, start.offset, freshness);
    const page = await ask(gateway, entity, askedFor(entity, list, start, list.page.limit), freshness);
    if (page.kind === 'refused') return page;
    return start.kind === 'before' ? { ...page, items: [...page.items].reverse() } : page;
  } catch (error) {
    return { kind: 'unavailable', why: whyFailed(gateway, error) };
  }
};

type Asked = Unplaced<QueryQuestion>;

const askedFor = (
  { name: entity }: Entity,
  { filters, sort, fields, total }: ListRequest,
  start: Start,
  limit: number,
): Asked => ({
  ...{ kind: 'query', entity },
  ...{ filters, fields, total, limit },
  sort: start.kind === 'before' ? reverseSort(sort) : sort,
  after: start.kind === 'offset' ? undefined : [...start.keys],
  shown: 'things',
});

/** Reads the sort keys up to the offset first, and then the things behind them. */
const queryFromOffset = async (
  gateway: Gateway,
  entity: Entity,
  list: ListRequest,
  offset: number,
  freshness: Freshness,
) => {
  const keysOnly: Asked = { ...askedFor(entity, list, { kind: 'offset', offset }, offset), shown: 'keys' };
  const before = await ask(gateway, entity, keysOnly, freshness);
  if (before.kind === 'refused') return before;
  const last = before.items[offset - 1];
  if (!before.more) return { ...before, items: [], more: false };
  // parts that end early, as events change what they find: nobody knows what comes after them
  if (!last) throw new Error('what comes before the offset changes too fast; try again, or use page[after]');
  const behind = askedFor(entity, { ...list, total: false }, { kind: 'after', keys: last.keys }, list.page.limit);
  const page = await ask(gateway, entity, behind, freshness);
  if (page.kind === 'refused') return page;
  return { ...page, total: before.total, about: oldest(before.about, page.about), edge: last.keys };
};

const oldest = (one: About, other: About): About => ({
  sources: new Set([...one.sources, ...other.sources]),
  lagMs: Math.max(one.lagMs, other.lagMs),
  asOf: one.asOf && (!other.asOf || one.asOf < other.asOf) ? one.asOf : other.asOf,
});

type Listed = Extract<QueriedPage, { kind: 'listed' }>;
type Refused = Extract<QueriedPage, { kind: 'refused' }>;

const ask = (gateway: Gateway, entity: Entity, asked: Asked, freshness: Freshness): Promise<Listed | Refused> =>
  entity.keep === undefined ? askAll(gateway, entity, asked, freshness) : askKept(gateway, entity, asked, freshness);

const askKept = async (
  gateway: Gateway,
  entity: Entity,
  asked: Asked,
  freshness: Freshness,
): Promise<Listed | Refused> => {
  const page = await queryKept(gateway, entity, asked, freshness);
  if (page.kind === 'refused' || !asked.total) return page.kind === 'refused' ? page : { ...page, total: 0 };
  // with filters, `parseList` refuses a total
  const counted = await countThings(gateway, entity);
  if (counted.kind === 'unavailable') throw new Error(counted.why);
  return { ...page, total: counted.total };
};

const askAll = async (
  gateway: Gateway,
  entity: Entity,
  asked: Asked,
  { maySnapshot, minVersions }: Freshness,
): Promise<Listed> => {
  const parts = openQueryParts();
  const { answered } = parts;
  await askInMemory(gateway, asked, {
    answered,
    minVersions,
    take: (source, answer, text) => {
      if (answer.kind === 'queried') takeQueried(parts, source, answer, text);
    },
  });
  const missing = unansweredIn(answered, gateway.settings.PARTITIONS);
  if (missing.length > 0 && !maySnapshot) throw new Error(noReplica(missing));
  if (missing.length > 0) await queryInSnapshot(gateway, entity, asked, parts, missing);
  return {
    kind: 'listed',
    ...mergeParts(parts.parts, asked.sort, asked.limit),
    total: parts.total,
    about: parts.about,
  };
};

const queryInSnapshot = async (
  gateway: Gateway,
  entity: Entity,
  asked: Asked,
  parts: QueryParts,
  partitions: readonly number[],
): Promise<void> => {
  const read = (leftMs: () => number) => readSnapshot(gateway, entity, asked, partitions, leftMs);
  // such a query may read many records, and writes need the same connections
  const done = await inPlace(gateway.savedQueries, gateway.settings.DATABASE_DEADLINE_MS, read);
  if (!done) throw new Error('as many lists as may be read from the database at once are being read already');
  const { counts, found } = done;
  for (const count of counts) noteSaved(parts.about, count, databaseNow(gateway.clock));
  if (found.kind === 'refused') throw new Error(`${noReplica(partitions)}, and ${found.why}`);
  const isAll = asked.filters.length === 0;
  const total = isAll ? counts.reduce((sum, { active }) => sum + active, 0) : found.total;
  takeSavedPart(parts, partitions, found, asked.total ? total : 0);
};

const readSnapshot = async (
  { log, settings }: Gateway,
  entity: Entity,
  asked: Asked,
  partitions: readonly number[],
  leftMs: () => number,
) => {
  // before the records are read, so that these are as new or newer
  const counts = await countSaved(log, entity, partitions, leftMs());
  const query = { ...asked, partitions, ofPartitions: settings.PARTITIONS };
  return { counts, found: await querySaved(log, entity, query, leftMs()) };
};
