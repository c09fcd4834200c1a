import Router from '@koa/router';
import type { CommandType, Entity } from '@muster/model';
import { expectAppend } from '@muster/store';
import Koa, { type Context, type Next } from 'koa';
import { allowOrigins } from './allow-origins.ts';
import { answerEarly, drainLimits } from './answer-early.ts';
import type { Gateway } from './gateway.ts';
import { refuseExtensions, speakJsonApi } from './json-api/speak-json-api.ts';
import { unwrapDocument } from './json-api/take-document.ts';
import { takeFields } from './json-api/take-fields.ts';
import { limitRate, parseRate, type RateLimit } from './limit-rate.ts';
import { limitRequests } from './limit-requests.ts';
import { giveProblem, onKoa } from './on-koa.ts';
import { refuseMethod, requireOwnMethod } from './own-methods.ts';
import { findUnknown } from './parse-past.ts';
import { invalid } from './problem.ts';
import { readAnyBody, readBody, readWholeBody } from './read-body.ts';
import { requireKey } from './require-key.ts';
import { requirePatch } from './require-patch.ts';
import { runCommand } from './routes/command.ts';
import { count } from './routes/count.ts';
import { create } from './routes/create.ts';
import { remove as removeThing } from './routes/delete.ts';
import { addDocuments } from './routes/documents.ts';
import { addFeedRoutes, liveIfWanted } from './routes/feed.ts';
import { refuseOff } from './routes/legacy.ts';
import { list } from './routes/list.ts';
import { addLiveRoute } from './routes/live.ts';
import { addOwnRoutes } from './routes/own.ts';
import { addPastRoutes } from './routes/past.ts';
import { read } from './routes/read.ts';
import { addRelatedRoutes } from './routes/related.ts';
import { update as updateThing } from './routes/update.ts';
import { readViewOf } from './routes/view.ts';
import { securityHeaders } from './security-headers.ts';
import { type Tracing, traceRequests } from './tracing.ts';
import { watchRequest } from './watch-request.ts';

/** Opens the HTTP service: the middleware for every request, then a route per operation of every entity. */
export const openApp = (gateway: Gateway, tracing?: Tracing): Koa => {
  const { CORS_ORIGINS, RATE_LIMIT, TRUST_PROXY_HOPS } = gateway.settings;
  // the client's address is what the last of these proxies saw; without one, the header X-Forwarded-For is ignored
  const app = new Koa({ proxy: TRUST_PROXY_HOPS > 0, maxIpsCount: TRUST_PROXY_HOPS });
  app.silent = true; // watchRequest logs errors
  app.use(answerEarly(drainLimits));
  app.use(setSecurityHeaders);
  app.use(speakJsonApi(gateway.entities));
  if (tracing) app.use(traceRequests(tracing)); // outside: it tells the status of what was thrown, too
  app.use(watchRequest(gateway));
  app.use(requireAddress);
  app.use(refuseExtensions(gateway.entities));
  if (CORS_ORIGINS !== '') app.use(allowOrigins(CORS_ORIGINS.split(',')));
  app.use(limitRequests(gateway));
  const rate = parseRate(RATE_LIMIT);
  const limit = rate ? limitRate(rate) : noLimit;
  app.use(requireKey(gateway, limit));
  app.use(limit.take);
  app.use(requireOwnMethod(gateway.entities));
  app.use(refuseOff(gateway));
  const router = openRouter(gateway, limit);
  app.use(router.routes());
  app.use(answerUnrouted(router));
  return app;
};

/** Opens the router with every route of the service. */
export const openRouter = (gateway: Gateway, limit = noLimit): Router => {
  const router = new Router({ sensitive: true }); // an id may be `Count`
  addFeedRoutes(router, gateway); // `events` is no id
  addLiveRoute(router, gateway, limit);
  for (const entity of gateway.entities) addRoutes(router, gateway, entity);
  for (const entity of gateway.entities) addOwnRoutes(router, gateway, entity);
  addDocuments(router, gateway);
  return router;
};

const noLimit: RateLimit = {
  take: (_, next) => next(),
  isOver: () => Promise.resolve(false),
  count: () => Promise.resolve(undefined),
};

const setSecurityHeaders = (ctx: Context, next: Next) => {
  for (let at = 0; at < securityHeaders.length; at += 2)
    ctx.set(securityHeaders[at] ?? '', securityHeaders[at + 1] ?? '');
  return next();
};

/**
 * Answers 400 to an address that is not a URL. For such an address Koa has no path (`http://`), or throws when the path
 * is read (`http://[/`).
 */
const requireAddress = (ctx: Context, next: Next) =>
  isAddress(ctx)
    ? next()
    : giveProblem(
        ctx,
        invalid([
          {
            pointer: '',
            code: 'invalid-address',
            detail: `the address of the request is not a URL: ${ctx.url.slice(0, 80)}`,
          },
        ]),
      );

const isAddress = (ctx: Context) => {
  try {
    return typeof ctx.path === 'string';
  } catch {
    return false;
  }
};

const addRoutes = (router: Router, gateway: Gateway, entity: Entity) => {
  const { path } = entity;
  router.get(`${path}/:id`, takeFields(gateway.entities, entity));
  addPastRoutes(router, gateway, entity); // before the routes of the present, which take no parameters
  const expectWrite = (ctx: Context, next: Next) => {
    const faults = ctx.querystring === '' ? [] : findUnknown(ctx.query, []); // the fast road takes no parameters
    if (faults.length > 0) return giveProblem(ctx, invalid(faults));
    expectAppend(gateway.log); // prepares the append while the body arrives
    return next();
  };
  const unwrap = unwrapDocument(gateway.entities, entity);
  router.post(path, expectWrite, entity.http.body === undefined ? readBody : readWholeBody, unwrap, (ctx: Context) =>
    onKoa(gateway, ctx, (exchange) => create(gateway, entity, exchange)),
  );
  const live = liveIfWanted(gateway);
  router.get(path, live, (ctx: Context) => onKoa(gateway, ctx, (exchange) => list(gateway, entity, exchange)));
  router.get(`${path}/count`, (ctx: Context) => onKoa(gateway, ctx, (exchange) => count(gateway, entity, exchange)));
  for (const view of entity.views.values())
    router.get(`${path}/views/${view.name}`, live, (ctx: Context) =>
      onKoa(gateway, ctx, (exchange) => readViewOf(gateway, entity, view, exchange)),
    );
  router.get(`${path}/:id`, live, (ctx: Context) =>
    onKoa(
      gateway,
      ctx,
      (exchange) => new Promise((resolve, reject) => read(gateway, entity, exchange, ctx.params.id, resolve, reject)),
    ),
  );
  addRelatedRoutes(router, gateway, entity);
  const update = entity.isRecord ? entity.commands.get('update') : undefined;
  const runUpdate = (type: CommandType) => (ctx: Context) =>
    onKoa(gateway, ctx, (exchange) =>
      updateThing(gateway, entity, type, exchange, ctx.params.id, ctx.method === 'PUT'),
    );
  if (update) {
    router.put(path, expectWrite, readBody, unwrap, runUpdate(update));
    router.put(`${path}/:id`, expectWrite, readBody, unwrap, runUpdate(update));
    router.patch(`${path}/:id`, expectWrite, requirePatch, readBody, unwrap, runUpdate(update));
  }
  const remove = entity.deleting;
  if (remove)
    router.delete(`${path}/:id`, expectWrite, (ctx: Context) =>
      onKoa(gateway, ctx, (exchange) => removeThing(gateway, entity, remove, exchange, ctx.params.id)),
    );
  router.post(`${path}/:id\\::command`, expectWrite, readAnyBody, unwrap, (ctx: Context) =>
    onKoa(gateway, ctx, (exchange) =>
      runCommand(gateway, entity, exchange, { id: ctx.params.id, command: ctx.params.command }),
    ),
  );
};

/** Answers what no route took: 405 with the known methods if the path exists, otherwise 404. */
const answerUnrouted = (router: Router) => async (ctx: Context) => {
  if (ctx.body !== undefined || ctx.status !== 404) return;
  const { path } = router.match(ctx.path, ctx.method);
  const methods = [...new Set(path.flatMap((layer) => layer.methods))];
  if (methods.length === 0) {
    return giveProblem(ctx, {
      name: 'no-such-route',
      detail: `There is nothing at ${ctx.path.slice(0, 200)}`,
    });
  }
  refuseMethod(ctx, methods);
};
