import type { Entity, Key } from '@muster/model';
import { countSaved, databaseNow, querySaved } from '@muster/store';
import type { QueryQuestion } from '@muster/wire';
import { askInMemory, noReplica, type Unplaced, unansweredIn } from './ask-in-memory.ts';
import type { Freshness } from './freshness.ts';
import type { Gateway } from './gateway.ts';
import { type About, noteSaved } from './partition-counts.ts';
import { inPlace } from './places.ts';
import { type Item, mergeParts, openQueryParts, type QueryPart, takeQueried } from './query-parts.ts';

// The records of an entity with `keep` have nearly all of its things. Aggregators answer for those that have changed
// since their record was saved.

/** A page, or why no index of the database supports it. */
export type KeptPage = ({ kind: 'listed'; about: About } & QueryPart) | { kind: 'refused'; why: string };

/**
 * Returns a page of the active things of an entity with `keep`. Aggregators are asked first: what they save meanwhile
 * is then found in the records. Throws when the database does not answer, or when partitions have no replica and the
 * answer must be fresh.
 */
export const queryKept = async (
  gateway: Gateway,
  entity: Entity,
  asked: Unplaced<QueryQuestion>,
  { maySnapshot, minVersions }: Freshness,
): Promise<KeptPage> => {
  const parts = openQueryParts();
  const { about, answered } = parts;
  const stale: string[] = [];
  await askInMemory(gateway, asked, {
    answered,
    minVersions,
    take: (source, answer, text) => {
      if (answer.kind !== 'queried') return;
      takeQueried(parts, source, answer, text);
      stale.push(...answer.stale);
    },
  });
  const missing = unansweredIn(answered, gateway.settings.PARTITIONS);
  if (missing.length > 0 && !maySnapshot) throw new Error(noReplica(missing));
  const hidden = hiddenBy(parts.parts, stale);
  const saved = await inPlace(gateway.savedQueries, gateway.settings.DATABASE_DEADLINE_MS, (leftMs) =>
    readSaved(gateway, entity, asked, missing, hidden, leftMs),
  );
  if (!saved) throw new Error('as many lists as may be read from the database at once are being read already');
  if (saved.found.kind === 'refused') return saved.found;
  about.sources.add('database');
  for (const count of saved.counts) noteSaved(about, count, databaseNow(gateway.clock));
  return { kind: 'listed', ...mergeParts([...parts.parts, saved.found], asked.sort, asked.limit), about };
};

/** The things whose records must not be shown: memory has shown them, or knows that they have changed. */
const hiddenBy = (parts: readonly QueryPart[], stale: readonly string[]): ReadonlySet<unknown> =>
  new Set<unknown>([...parts.flatMap(({ items }) => items.map(idOf)), ...stale]);

// the last key of a sort is the id
const idOf = ({ keys }: Item): Key | undefined => keys.at(-1);

const readSaved = async (
  gateway: Gateway,
  entity: Entity,
  asked: Unplaced<QueryQuestion>,
  missing: readonly number[],
  hidden: ReadonlySet<unknown>,
  leftMs: () => number,
) => {
  // before the records, so that these are as new or newer
  const counts = missing.length > 0 ? await countSaved(gateway.log, entity, missing, leftMs()) : [];
  return { counts, found: await readShown(gateway, entity, asked, hidden, leftMs) };
};

const readsMax = 5; // of pages in which most records are hidden

type Shown = ({ kind: 'found' } & QueryPart) | { kind: 'refused'; why: string };

/** Reads records until a page has as many as it was asked for. Some more are read, as some are hidden. */
const readShown = async (
  { log, settings }: Gateway,
  entity: Entity,
  asked: Unplaced<QueryQuestion>,
  hidden: ReadonlySet<unknown>,
  leftMs: () => number,
): Promise<Shown> => {
  const partitions = Array.from({ length: settings.PARTITIONS }, (_, partition) => partition);
  const limit = asked.limit + Math.min(hidden.size, asked.limit);
  const items: Item[] = [];
  let { after } = asked;
  for (let reads = 1; ; reads += 1) {
    const query = { ...asked, after, limit, total: false, partitions, ofPartitions: settings.PARTITIONS };
    const found = await querySaved(log, entity, query, leftMs());
    if (found.kind === 'refused') return found;
    items.push(...found.items.filter((item) => !hidden.has(idOf(item))));
    if (items.length >= asked.limit || !found.more || reads === readsMax)
      return { kind: 'found', items, more: found.more };
    after = found.items.at(-1)?.keys;
  }
};
