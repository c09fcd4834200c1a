import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Subscriber } from '../feed/feed.ts';
import { cannot } from '../feed/open-subscription.ts';
import { beginAnswer, openAnswerOutlet } from '../feed/outlet.ts';
import { goOnAfterDrain, removeSubscriber } from '../feed/subscribers.ts';
import type { Gateway } from '../gateway.ts';
import { streamType } from '../json-api/negotiate.ts';
import { wantsStreamAt } from '../json-api/speak-json-api.ts';
import { openAllowance, openSiteAllowance } from '../keys.ts';
import { clientOf } from '../limit-rate.ts';
import { findTarget, type Target } from '../live/find-target.ts';
import { subscribeTo } from '../live/subscribe-to.ts';
import { giveProblem } from '../on-koa.ts';
import { type Problem, unavailable } from '../problem.ts';
import { describeSite } from './site.ts';

/** Adds the routes of the feed: of all entities, of one, and of one thing. */
export const addFeedRoutes = (router: Router, gateway: Gateway): void => {
  const subscribe = (ctx: Context, next: () => Promise<void>) => {
    const target = findTarget(gateway.entities, ctx.path);
    return target ? answerTarget(gateway, ctx, target) : next();
  };
  router.get('/api/events', subscribe);
  router.get('/api/events/site', (ctx) => describeSite(gateway, ctx));
  for (const { path } of gateway.entities) router.get([`${path}/events`, `${path}/:id/events`], subscribe);
};

/** Lets a client subscribe that names server-sent events, and does not prefer another answer. */
export const liveIfWanted =
  (gateway: Gateway): Middleware =>
  (ctx, next) => {
    if (!wantsStreamAt(gateway.entities, ctx)) return next();
    const target = findTarget(gateway.entities, ctx.path);
    return target ? answerTarget(gateway, ctx, target) : next();
  };

/** GET /api/user/events?types=UserCreated&after=…: server-sent events, until the client or the gateway ends them. */
const answerTarget = async (gateway: Gateway, ctx: Context, target: Target): Promise<void> => {
  if (ctx.method === 'HEAD') return answerHead(ctx);
  // it would wait for the end of an earlier answer, and nobody would hear that its connection closes
  if (!ctx.res.socket) return refuse(gateway, ctx, unavailable(`${cannot}: ${pipelined}`));
  const problem = await subscribeTo(gateway, target, {
    query: ctx.query,
    lastEventId: ctx.get('Last-Event-ID'),
    client: clientOf(ctx),
    isAllowed: openAllowance(gateway.keys, ctx.get('Authorization')),
    isSite: openSiteAllowance(gateway.keys, ctx.get('Authorization')),
    outlet: openAnswerOutlet(ctx.res),
    begin: () => {
      sendHead(ctx);
      beginAnswer(ctx.res);
    },
    onOpen: (subscriber) => watchConnection(gateway, ctx, subscriber),
  });
  if (problem) refuse(gateway, ctx, problem);
};

const pipelined = 'an earlier request of this connection has no answer yet';

const watchConnection = ({ feed }: Gateway, { res }: Context, subscriber: Subscriber) => {
  res.on('error', () => undefined); // 'close' follows
  res.once('close', () => removeSubscriber(feed, subscriber));
  res.on('drain', () => goOnAfterDrain(feed, subscriber));
};

/** Answers with a problem, and counts it if a limit is the reason. */
const refuse = ({ metrics }: Gateway, ctx: Context, problem: Problem): void => {
  if (problem.name === 'unavailable' || problem.name === 'too-many-requests') metrics.refused.inc({ reason: 'live' });
  giveProblem(ctx, problem);
};

const contentType = `${streamType}; charset=utf-8`;

const sendHead = (ctx: Context) => {
  ctx.respond = false; // from here on the subscription writes
  ctx.status = 200;
  ctx.set('Content-Type', contentType);
  ctx.set('Cache-Control', 'no-store, no-transform'); // compression would collect events
  ctx.set('X-Accel-Buffering', 'no'); // and so would a proxy
  ctx.set('Connection', 'close'); // a subscription that ends must not leave a connection open
  ctx.res.flushHeaders();
};

const answerHead = (ctx: Context) => {
  ctx.status = 200;
  ctx.set('Content-Type', contentType);
  ctx.set('Cache-Control', 'no-store, no-transform');
  ctx.body = '';
};
