import type { Entity, Fault } from '@muster/model';
import { answerJson } from '../answer-json.ts';
import { type CursorScope, parseCursor, writeCursor } from '../cursor.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { type ListRequest, offsetMax, type Page, parseList } from '../parse-list.ts';
import { answerProblem, invalid, unavailable } from '../problem.ts';
import type { Item } from '../query-parts.ts';
import { type QueriedPage, queryThings, type Start } from '../query-things.ts';
import { setSetHeaders } from './count.ts';

/** GET /api/user?filter[group]=3&sort=-updatedAt,name&page[size]=100, and whatever else is no plain list. */
export const listByQuery = async (gateway: Gateway, entity: Entity, exchange: Exchange): Promise<void> => {
  const parsed = parseList(entity, exchange.query);
  if (parsed.kind === 'faults') return answerProblem(exchange, invalid(parsed.faults));
  const { list } = parsed;
  const secret = gateway.settings.CLUSTER_SECRET;
  const scope = { entity, filters: list.filters, sort: list.sort };
  const start = startOf(secret, scope, list.page);
  if (start.kind === 'fault') return answerProblem(exchange, invalid([start.fault]));
  const page = await queryThings(gateway, entity, list, start);
  if (page.kind === 'unavailable')
    return answerProblem(exchange, unavailable(`Cannot list ${entity.name}s: ${page.why}`));
  const links = linksOf(list, start, page, (item) => writeCursor(secret, scope, item.keys));
  if (!links) return answerProblem(exchange, tooLong);
  setSetHeaders(exchange, page.about);
  if (list.total) exchange.headers.push('Muster-Total', String(page.total));
  exchange.headers.push('Link', links.map((link) => writeLink(entity.path, exchange.query, link)).join(', '));
  answerJson(exchange, 200, `[${page.items.map(({ json }) => json).join(',')}]`);
};

const tooLong = invalid([
  {
    pointer: '/page[size]',
    code: 'invalid-parameter',
    detail: 'a value that the list is sorted by is too long for a cursor; use offset and limit',
  },
]);

const startOf = (secret: string, scope: CursorScope, page: Page): Start | { kind: 'fault'; fault: Fault } => {
  if (page.kind === 'offset') return { kind: 'offset', offset: page.offset };
  const kind = page.before === undefined ? 'after' : 'before';
  const cursor = page[kind];
  if (cursor === undefined) return { kind: 'offset', offset: 0 };
  const parsed = parseCursor(secret, scope, cursor);
  if (parsed.kind === 'keys') return { kind, keys: parsed.keys };
  const pointer = `/page[${kind}]`;
  const detail =
    parsed.kind === 'foreign'
      ? 'this cursor belongs to other filters or another sort; leave it out to begin at the first page'
      : 'this is no cursor of this list; take it from Link, or leave it out to begin at the first page';
  return { kind: 'fault', fault: { pointer, code: 'invalid-parameter', detail } };
};

type Link = { relation: 'first' | 'prev' | 'next'; parameters: Record<string, string> };

/** Returns the links of a page. Undefined if a cursor would be too long. */
const linksOf = (
  { page: asked }: ListRequest,
  start: Start,
  page: Extract<QueriedPage, { kind: 'listed' }>,
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
  { items, more }: Extract<QueriedPage, { kind: 'listed' }>,
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

const writeLink = (path: string, query: Exchange['query'], { relation, parameters }: Link): string => {
  const kept = Object.entries(query).filter(([name]) => !isPaging(name));
  const pairs = [...kept, ...Object.entries(parameters)].flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`),
  );
  return `<${path}?${pairs.join('&')}>; rel="${relation}"`;
};
