import type { Entity } from '@muster/model';
import type { Context } from 'koa';
import { answerJson } from '../answer-json.ts';
import type { Gateway } from '../gateway.ts';
import type { About } from '../partition-counts.ts';
import { answerProblem, unavailable } from '../problem.ts';
import { countThings } from '../read-set.ts';

/** GET /api/user/count */
export const count = async (gateway: Gateway, entity: Entity, ctx: Context): Promise<void> => {
  const counted = await countThings(gateway, entity);
  if (counted.kind === 'unavailable')
    return answerProblem(ctx, unavailable(`Cannot count ${entity.name}s: ${counted.why}`));
  setSetHeaders(ctx, counted.about);
  answerJson(ctx, 200, JSON.stringify({ count: counted.total }));
};

/**
 * Sets the headers of an answer on many things: its sources, its maximum age in milliseconds, and its time if it is not
 * current.
 */
export const setSetHeaders = (ctx: Context, { sources, lagMs, asOf }: About): void => {
  ctx.set('Muster-Source', [...sources].sort().join(', '));
  ctx.set('Muster-Lag-Ms', String(Math.round(lagMs)));
  if (asOf) ctx.set('Muster-As-Of', asOf.toISOString());
};
