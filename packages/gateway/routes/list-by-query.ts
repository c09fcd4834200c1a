import type { Entity } from '@muster/model';
import { answerJson } from '../answer-json.ts';
import { writeCursor } from '../cursor.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { linksOf, startOf, writeLinks } from '../links.ts';
import { parseList } from '../parse-list.ts';
import { answerProblem, invalid, notIndexed, unavailable } from '../problem.ts';
import { queryThings } from '../query-things.ts';
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
  if (page.kind === 'refused') return answerProblem(exchange, notIndexed(page.why));
  if (page.kind === 'unavailable')
    return answerProblem(exchange, unavailable(`Cannot list ${entity.name}s: ${page.why}`));
  const links = linksOf(list.page, start, page, (item) => writeCursor(secret, scope, item.keys));
  if (!links) return answerProblem(exchange, tooLong);
  setSetHeaders(exchange, page.about);
  if (list.total) exchange.headers.push('Muster-Total', String(page.total));
  exchange.headers.push('Link', writeLinks(entity.path, exchange.query, links));
  answerJson(exchange, 200, `[${page.items.map(({ json }) => json).join(',')}]`);
};

/** The problem of a page whose links would be too long. */
export const tooLong = invalid([
  {
    pointer: '/page[size]',
    code: 'invalid-parameter',
    detail: 'a value that is sorted by is too long for a cursor; use offset and limit',
  },
]);
