import type { Entity } from '@muster/model';
import { answerJson } from '../answer-json.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import type { About } from '../partition-counts.ts';
import { answerProblem, unavailable } from '../problem.ts';
import { countThings } from '../read-set.ts';

/** GET /api/user/count */
export const count = async (gateway: Gateway, entity: Entity, exchange: Exchange): Promise<void> => {
  const counted = await countThings(gateway, entity);
  if (counted.kind === 'unavailable')
    return answerProblem(exchange, unavailable(`Cannot count ${entity.name}s: ${counted.why}`));
  setSetHeaders(exchange, counted.about);
  answerJson(exchange, 200, JSON.stringify({ count: counted.total }));
};

/**
 * Sets the headers of an answer on many things: its sources, its greatest age in milliseconds, and its as-of time if it
 * is not current.
 */
export const setSetHeaders = (exchange: Pick<Exchange, 'headers'>, { sources, lagMs, asOf }: About): void => {
  exchange.headers.push('Muster-Source', [...sources].sort().join(', '));
  exchange.headers.push('Muster-Lag-Ms', String(Math.round(lagMs)));
  if (asOf) exchange.headers.push('Muster-As-Of', asOf.toISOString());
};
