import type { Fault } from '@muster/model';
import { type CursorScope, parseCursor } from './cursor.ts';
import type { Exchange } from './exchange.ts';
import { offsetMax, type Page } from './parse-page.ts';
import type { Item, QueryPart } from './query-parts.ts';
import type { Start } from './query-things.ts';

/** Returns where a page begins. A fault if its cursor is none of this list. */
export const startOf = (secret: string, scope: CursorScope, page: Page): Start | { kind: 'fault'; fault: Fault } => {
  if (page.kind === 'offset') return { kind: 'offset', offset: page.offset };
  const kind = page.before === undefined ? 'after' : 'before';
  const cursor = page[kind];
  if (cursor === undefined) return { kind: 'offset', offset: 0 };
  const parsed = parseCursor(secret, scope, cursor);
  if (parsed.kind === 'keys') return { kind, keys: parsed.keys };
  const pointer = `/page[${kind}]`;
  const detail =
    parsed.kind === 'foreign'
      ? 'this cursor belongs to another address, other filters or another sort; leave it out to begin at the first page'
      : 'this is no cursor of this address; take it from Link, or leave it out to begin at the first page';
  return { kind: 'fault', fault: { pointer, code: 'invalid-parameter', detail } };
};

/** A link of a page: its relation, and the parameters in which it differs. */
export type Link = { relation: 'first' | 'prev' | 'next'; parameters: Record<string, string> };

/** Returns the links of a page. Undefined if a cursor would be too long. */
export const linksOf = (
  asked: Page,
  start: Start,
  page: QueryPart,
  cursorOf: (item: Item) => string | undefined,
): Link[] | undefined => {
  if (asked.kind === 'offset') return offsetLinks(asked, page, cursorOf);
  const size = String(asked.limit);
  const links: Link[] = [{ relation: 'first', parameters: { 'page[size]': size } }];
  const [first, last] = [page.items[0], page.items.at(-1)];
  const hasBefore = start.kind === 'before' ? page.more : start.kind === 'after';
  const hasAfter = start.kind === 'before' || page.more;
  for (const [has, item, relation, name] of [
    [hasBefore, first, 'prev', 'page[before]'],
    [hasAfter, last, 'next', 'page[after]'],
  ] as const) {
    if (!has || !item) continue;
    const cursor = cursorOf(item);
    if (cursor === undefined) return undefined;
    links.push({ relation, parameters: { 'page[size]': size, [name]: cursor } });
  }
  return links;
};

const offsetLinks = (
  { offset, limit }: { offset: number; limit: number },
  { items, more }: QueryPart,
  cursorOf: (item: Item) => string | undefined,
): Link[] | undefined => {
  const link = (relation: Link['relation'], to: number, size: number): Link => ({
    relation,
    parameters: { offset: String(to), limit: String(size) },
  });
  const links = [
    link('first', 0, limit),
    ...(offset > 0 ? [link('prev', Math.max(0, offset - limit), Math.min(limit, offset))] : []),
  ];
  const last = items.at(-1);
  if (!more || !last) return links;
  // a page may be short while events change what it finds
  const next = offset + items.length;
  if (next <= offsetMax) return [...links, link('next', next, limit)];
  const cursor = cursorOf(last);
  if (cursor === undefined) return undefined;
  return [...links, { relation: 'next', parameters: { 'page[size]': String(limit), 'page[after]': cursor } }];
};

const isPaging = (name: string): boolean => name === 'offset' || name === 'limit' || name.startsWith('page[');

/**
 * Writes links to other pages of the same query as a header. Of a very long query only the link to the next page, as
 * clients refuse heads of more than 16 KiB.
 */
export const writeLinks = (path: string, query: Exchange['query'], links: readonly Link[]): string =>
  shorten(
    links.map((link) => writeLink(path, query, link)),
    links.findIndex(({ relation }) => relation === 'next'),
  );

const shorten = (written: readonly string[], next: number): string => {
  const all = written.join(', ');
  return all.length <= linksLengthMax ? all : (written[next] ?? written[0] ?? '');
};

const linksLengthMax = 12_000;

const writeLink = (path: string, query: Exchange['query'], { relation, parameters }: Link): string => {
  const kept = Object.entries(query).filter(([name]) => !isPaging(name));
  const pairs = [...kept, ...Object.entries(parameters)].flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`),
  );
  return `<${path}?${pairs.join('&')}>; rel="${relation}"`;
};
