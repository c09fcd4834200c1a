import Router from '@koa/router';
import type { Entity } from '@muster/model';
import Koa, { type Context, type Next } from 'koa';
import bodyParser from 'koa-bodyparser';
import helmet from 'koa-helmet';
import type { Gateway } from './gateway.ts';
import { limitRequests } from './limit-requests.ts';
import { answerProblem } from './problem.ts';
import { count } from './routes/count.ts';
import { create } from './routes/create.ts';
import { remove } from './routes/delete.ts';
import { list } from './routes/list.ts';
import { read } from './routes/read.ts';
import { update } from './routes/update.ts';
import { watchRequest } from './watch-request.ts';

const bodyMax = '64kb';

/** The HTTP service: what every request passes, then a route per operation of every entity. */
export const openApp = (gateway: Gateway): Koa => {
  const app = new Koa();
  app.silent = true; // errors are told by watchRequest
  app.use(watchRequest(gateway));
  app.use(limitRequests(gateway));
  app.use(helmet(headers));
  const router = new Router({ sensitive: true }); // an id may be `Count`
  for (const entity of gateway.entities) addRoutes(router, gateway, entity);
  app.use(router.routes());
  app.use(answerUnrouted(router));
  return app;
};

// what a browser must know of a JSON service, and no more: every header costs on every answer
const headers: Parameters<typeof helmet>[0] = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  strictTransportSecurity: false, // for whoever ends TLS in front to say
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false, // frame-ancestors says it
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

const addRoutes = (router: Router, gateway: Gateway, entity: Entity) => {
  const { path } = entity;
  const body = [requireJson, bodyParser({ enableTypes: ['json'], jsonLimit: bodyMax, onerror: rethrow })];
  router.post(path, ...body, (ctx: Context) => create(gateway, entity, ctx));
  router.get(path, (ctx: Context) => list(gateway, entity, ctx));
  router.put(path, ...body, (ctx: Context) => update(gateway, entity, ctx, undefined));
  router.get(`${path}/count`, (ctx: Context) => count(gateway, entity, ctx));
  router.get(`${path}/:id`, (ctx: Context) => read(gateway, entity, ctx, ctx.params.id));
  router.put(`${path}/:id`, ...body, (ctx: Context) => update(gateway, entity, ctx, ctx.params.id));
  router.delete(`${path}/:id`, (ctx: Context) => remove(gateway, entity, ctx, ctx.params.id));
};

const requireJson = async (ctx: Context, next: Next) => {
  if (ctx.is('json') || ctx.is('+json')) return next();
  const given = ctx.get('Content-Type') || 'none';
  answerProblem(ctx, {
    status: 415,
    name: 'unsupported-media-type',
    title: 'The body is not JSON',
    detail: `The content type is ${given.slice(0, 80)}; send a JSON object with Content-Type: application/json`,
  });
};

const rethrow = (error: Error) => {
  throw error;
};

/** What no route took: a method that the path does not know (405, with those that it does), or nothing at all (404). */
const answerUnrouted = (router: Router) => async (ctx: Context) => {
  if (ctx.body !== undefined || ctx.status !== 404) return;
  const { path } = router.match(ctx.path, ctx.method);
  const methods = [...new Set(path.flatMap((layer) => layer.methods))];
  if (methods.length === 0) {
    return answerProblem(ctx, {
      status: 404,
      name: 'no-such-route',
      title: 'There is nothing at this address',
      detail: `There is nothing at ${ctx.path.slice(0, 200)}`,
    });
  }
  ctx.set('Allow', methods.join(', '));
  if (ctx.method === 'OPTIONS') {
    ctx.status = 204;
    return;
  }
  answerProblem(ctx, {
    status: 405,
    name: 'method-not-allowed',
    title: 'This address does not know that method',
    detail: `${ctx.method} is not possible here; possible are ${methods.join(', ')}`,
  });
};
