import { compareRows, type Key, type SortKey } from '@muster/model';
import type { Queried } from '@muster/wire';
import type { About } from './partition-counts.ts';

/** A thing that was found: its sort keys, and what clients see of it as JSON. */
export type Item = { keys: readonly Key[]; json: string };

/** Things in the order of the sort, and whether there are further ones behind them. */
export type QueryPart = { items: readonly Item[]; more: boolean };

/**
 * The parts of an answer to a query, each from some of the partitions. A plain value. Only this file changes it.
 */
export type QueryParts = { answered: Set<number>; parts: QueryPart[]; total: number; about: About };

export const openQueryParts = (): QueryParts => ({
  answered: new Set(),
  parts: [],
  total: 0,
  about: { sources: new Set(), lagMs: 0, asOf: undefined },
});

/** Adds the answer of a replica and its text. Does nothing if one of its partitions is answered already. */
export const takeQueried = (parts: QueryParts, source: string, answer: Queried, text: string): void => {
  if (answer.partitions.some((partition) => parts.answered.has(partition))) return;
  for (const partition of answer.partitions) parts.answered.add(partition);
  parts.about.sources.add(source);
  parts.about.lagMs = Math.max(parts.about.lagMs, answer.lagMs);
  parts.total += answer.total;
  parts.parts.push({ items: itemsOf(answer, text), more: answer.more });
};

/** Adds the things of one partition, or of several, from the snapshot. */
export const takeSavedPart = (
  parts: QueryParts,
  partitions: readonly number[],
  part: QueryPart,
  total: number,
): void => {
  for (const partition of partitions) parts.answered.add(partition);
  parts.total += total;
  parts.parts.push(part);
};

const itemsOf = ({ keys, sizes }: Queried, text: string): Item[] => {
  let end = 0;
  return keys.map((own, at) => {
    const from = end;
    end += sizes[at] ?? 0;
    return { keys: own, json: text.slice(from, end) };
  });
};

/** Merges parts into one, with this many things at most. Pure. */
export const mergeParts = (parts: readonly QueryPart[], sort: readonly SortKey[], limit: number): QueryPart => {
  const places = parts.map(() => 0);
  const items: Item[] = [];
  // behind the end of a part that has more, things of that part may be missing
  while (items.length < limit && !parts.some((part, at) => part.more && places[at] === part.items.length)) {
    const next = nextPart(parts, places, sort);
    if (next < 0) break;
    items.push(parts[next]?.items[places[next] ?? 0] as Item);
    places[next] = (places[next] ?? 0) + 1;
  }
  return { items, more: parts.some((part, at) => part.more || part.items.length > (places[at] ?? 0)) };
};

/** The part whose next thing comes first, or -1 if none has one. */
const nextPart = (parts: readonly QueryPart[], places: readonly number[], sort: readonly SortKey[]): number => {
  let best = -1;
  let bestKeys: readonly Key[] = [];
  for (const [at, { items }] of parts.entries()) {
    const keys = items[places[at] ?? 0]?.keys;
    if (!keys || (best >= 0 && compareRows(sort, bestKeys, keys) <= 0)) continue;
    best = at;
    bestKeys = keys;
  }
  return best;
};
