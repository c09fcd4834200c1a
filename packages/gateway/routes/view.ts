import type { Entity, View } from '@muster/model';
import type { TooMuch } from '@muster/store';
import { answerJson } from '../answer-json.ts';
import { writeCursor } from '../cursor.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { linksOf, startOf, writeLinks } from '../links.ts';
import { parseView } from '../parse-view.ts';
import { tooMuch } from '../past-problems.ts';
import { answerProblem, invalid, unavailable } from '../problem.ts';
import { readView } from '../read-view.ts';
import { setSetHeaders } from './count.ts';
import { tooLong } from './list-by-query.ts';

/** GET /api/user/views/byGroup?sort=-count&limit=10: the groups of a view. */
export const readViewOf = async (gateway: Gateway, entity: Entity, view: View, exchange: Exchange): Promise<void> => {
  const parsed = parseView(entity, view, exchange.query);
  if (parsed.kind === 'faults') return answerProblem(exchange, invalid(parsed.faults));
  const { asked } = parsed;
  const secret = gateway.settings.CLUSTER_SECRET;
  const scope = { entity: { name: `${entity.name}.${view.name}` }, filters: asked.filters, sort: asked.sort };
  const start = startOf(secret, scope, asked.page);
  if (start.kind === 'fault') return answerProblem(exchange, invalid([start.fault]));
  const what = `read the view ${view.name} of ${entity.name}s`;
  const page = await readView(gateway, entity, view, asked, start);
  if (page.kind === 'unavailable') return answerProblem(exchange, unavailable(`Cannot ${what}: ${page.why}`));
  if (page.kind === 'tooMany') return answerProblem(exchange, tooMuch(what, tooManyGroups(view, page.most)));
  const links = linksOf(asked.page, start, page, (item) => writeCursor(secret, scope, item.keys));
  if (!links) return answerProblem(exchange, tooLong);
  setSetHeaders(exchange, page.about);
  exchange.headers.push('Link', writeLinks(`${entity.path}/views/${view.name}`, exchange.query, links));
  answerJson(exchange, 200, `[${page.items.map(({ json }) => json).join(',')}]`);
};

/** Says that a view has more groups than can be ordered. */
export const tooManyGroups = ({ by }: View, most: number): TooMuch => ({
  kind: 'tooMuch',
  why: `it has over ${most} groups, and this order needs all of them`,
  instead: `add a filter on ${by}, or sort by key`,
});
