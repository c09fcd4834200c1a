import type { Entity } from '@muster/model';
import { answerJson } from '../answer-json.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { parseQueryInteger } from '../parse-headers.ts';
import { isPlainList, limitsOf } from '../parse-page.ts';
import { answerProblem, invalid, unavailable } from '../problem.ts';
import { listThings } from '../read-set.ts';
import { setSetHeaders } from './count.ts';
import { listByQuery } from './list-by-query.ts';

/**
 * GET /api/user?offset=0&limit=100, in the stable order: partition, then id. With any other parameter it is a query, in
 * the order of its sort.
 */
export const list = async (gateway: Gateway, entity: Entity, exchange: Exchange): Promise<void> => {
  if (!isPlainList(entity, exchange.query)) return listByQuery(gateway, entity, exchange);
  const offset = parseQueryInteger(exchange.query, 'offset', 0, 0, Number.MAX_SAFE_INTEGER);
  const limits = limitsOf(entity);
  const limit = parseQueryInteger(exchange.query, 'limit', limits.usual, 1, limits.most);
  if (offset.kind === 'faults' || limit.kind === 'faults')
    return answerProblem(
      exchange,
      invalid([offset, limit].flatMap((one) => (one.kind === 'faults' ? one.faults : []))),
    );
  const [from, most] = [offset.value ?? 0, limit.value ?? limits.usual];
  const page = await listThings(gateway, entity, from, most);
  if (page.kind === 'unavailable')
    return answerProblem(exchange, unavailable(`Cannot list ${entity.name}s: ${page.why}`));
  setSetHeaders(exchange, page.about);
  const links = linksOf(entity.path, from, most, page.total);
  if (links.length > 0) exchange.headers.push('Link', links.join(', '));
  answerJson(exchange, 200, page.json);
};

const linksOf = (path: string, offset: number, limit: number, total: number): string[] => {
  const link = (to: number, size: number, relation: string) =>
    `<${path}?offset=${to}&limit=${size}>; rel="${relation}"`;
  const next = offset + limit < total ? [link(offset + limit, limit, 'next')] : [];
  const before = Math.max(0, offset - limit);
  const previous = offset > 0 ? [link(before, Math.min(limit, offset), 'prev')] : [];
  return [...next, ...previous];
};
