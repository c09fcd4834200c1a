import { estimateEvents } from '@muster/store';
import type { Context } from 'koa';
import type { Gateway } from '../gateway.ts';
import { giveProblem } from '../on-koa.ts';
import { unavailable } from '../problem.ts';
import { whyFailed } from '../why-failed.ts';

/**
 * GET /api/events/site: the name of this Muster among the sites, the entities that it shares, and about how many events
 * its log has. That is null if it has events of other entities, too. Other sites ask before they follow.
 */
export const describeSite = async (gateway: Gateway, ctx: Context): Promise<void> => {
  const { entities, log, settings } = gateway;
  try {
    const shared = entities.filter(({ adopting }) => adopting !== undefined).map(({ name }) => name);
    const isAllShared = shared.length === entities.length; // otherwise a count would have to read the log
    const events = isAllShared ? await estimateEvents(log, settings.DATABASE_DEADLINE_MS) : null;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { site: settings.SITE, entities: shared, events };
  } catch (error) {
    giveProblem(ctx, unavailable(`Cannot describe the site: ${whyFailed(gateway, error)}`));
  }
};
