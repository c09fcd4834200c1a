import { partitionOf } from '@muster/placement';
import { call, type Reply } from '@muster/testing';
import { type FoldedLog, lastState } from './fold-log.ts';
import type { User } from './history.ts';

/**
 * The result of reading all pages of LIST. `source` and `asOf` come from the headers. `failed`: a refused page's text.
 */
export type Walk = { listed: User[]; source: string; asOf: Date | undefined; failed: string };

/** Reads all pages of LIST, from the first to the last. */
export const walkList = async (url: string): Promise<Walk> => {
  const walk: Walk = { listed: [], source: '', asOf: undefined, failed: '' };
  const from = new Set<string>();
  for (let next: string | undefined = '/api/user?limit=237'; next; ) {
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

/** Returns the active users in the order of LIST: by partition, then by id. Pure. */
export const activeOf = (folded: FoldedLog): User[] =>
  inOrder([...folded.streams.keys()].flatMap((id) => lastState(folded, id).user ?? []));

/** Sorts users in the order of LIST. Pure. */
export const inOrder = (users: readonly User[]): User[] => {
  const placed = users.map((user) => ({
    user,
    id: user.id ?? '',
    partition: partitionOf('user', user.id ?? '', partitions),
  }));
  placed.sort((a, b) => a.partition - b.partition || (a.id < b.id ? -1 : 1));
  return placed.map(({ user }) => user);
};

const partitions = 32;
