import { partitionOf } from '@muster/placement';
import { call, type Reply } from '@muster/testing';
import { type FoldedLog, lastState } from './fold-log.ts';
import type { Shown } from './history.ts';
import { type Subject, subjects } from './subjects.ts';

/**
 * The result of reading all pages of LIST. `source` and `asOf` come from the headers. `failed`: a refused page's text.
 */
export type Walk = { listed: Shown[]; source: string; asOf: Date | undefined; failed: string };

/** Reads all pages of LIST, from the first to the last. */
export const walkList = async (url: string, { path }: Pick<Subject, 'path'>): Promise<Walk> => {
  const walk: Walk = { listed: [], source: '', asOf: undefined, failed: '' };
  const from = new Set<string>();
  for (let next: string | undefined = `${path}?limit=237`; next; ) {
    const page = await call(url, 'GET', next);
    if (page.status !== 200) return { ...walk, failed: page.text };
    walk.listed.push(...page.body);
    const asOf = asOfReply(page);
    if (asOf && (!walk.asOf || asOf < walk.asOf)) walk.asOf = asOf;
    for (const source of sourceOfReply(page).split(', ')) from.add(source);
    next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
  }
  return { ...walk, source: [...from].sort().join(', ') };
};

export const sourceOfReply = ({ headers }: Reply): string => headers.get('muster-source') ?? '';

/** Returns the Muster-As-Of of an answer, or undefined if it has none. */
export const asOfReply = ({ headers }: Reply): Date | undefined => {
  const text = headers.get('muster-as-of');
  return text ? new Date(text) : undefined;
};

/** Returns the active things in the order of LIST: by partition unless few stay in memory, then by id. Pure. */
export const activeOf = (folded: FoldedLog): Shown[] =>
  inOrder(
    [...folded.streams.keys()].flatMap((id) => lastState(folded, id).shown ?? []),
    folded.subject,
  );

/** Sorts things of an entity in the order of LIST. Pure. */
export const inOrder = (
  things: readonly Shown[],
  { name, keeps }: Pick<Subject, 'name' | 'keeps'> = subjects.user,
): Shown[] => {
  const placed = things.map((shown) => ({
    shown,
    id: shown.id ?? '',
    partition: keeps ? 0 : partitionOf(name, shown.id ?? '', partitions),
  }));
  placed.sort((a, b) => a.partition - b.partition || (a.id < b.id ? -1 : 1));
  return placed.map(({ shown }) => shown);
};

const partitions = 32;
