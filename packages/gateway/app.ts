import Router from '@koa/router';
import type { Entity } from '@muster/model';
import { expectAppend } from '@muster/store';
import Koa, { type Context, type Next } from 'koa';
import helmet from 'koa-helmet';
import { answerEarly, drainLimits } from './answer-early.ts';
import type { Gateway } from './gateway.ts';
import { limitRequests } from './limit-requests.ts';
import { answerProblem, invalid } from './problem.ts';
import { readAnyBody, readBody } from './read-body.ts';
import { runCommand } from './routes/command.ts';
import { count } from './routes/count.ts';
import { create } from './routes/create.ts';
import { remove as removeThing } from './routes/delete.ts';
import { list } from './routes/list.ts';
import { read } from './routes/read.ts';
import { update as updateThing } from './routes/update.ts';
import { watchRequest } from './watch-request.ts';

/** Opens the HTTP service: the middleware for every request, then a route per operation of every entity. */
export const openApp = (gateway: Gateway): Koa => {
  const app = new Koa();
  app.silent = true; // watchRequest logs errors
  app.use(answerEarly(drainLimits));
  app.use(watchRequest(gateway));
  app.use(requireAddress);
  app.use(limitRequests(gateway));
  app.use(helmet(headers));
  const router = new Router({ sensitive: true }); // an id may be `Count`
  for (const entity of gateway.entities) addRoutes(router, gateway, entity);
  app.use(router.routes());
  app.use(answerUnrouted(router));
  return app;
};

// only the headers that a browser needs from a JSON service: each header costs time in each answer
const headers: Parameters<typeof helmet>[0] = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  strictTransportSecurity: false, // the TLS proxy in front should set it
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false, // frame-ancestors replaces it
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/**
 * Answers 400 to an address that is not a URL. For such an address Koa has no path (`http://`), or throws when the path
 * is read (`http://[/`).
 */
const requireAddress = (ctx: Context, next: Next) =>
  isAddress(ctx)
    ? next()
    : answerProblem(
        ctx,
        invalid([{ pointer: '', detail: `the address of the request is not a URL: ${ctx.url.slice(0, 80)}` }]),
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
  const expectWrite = (_: Context, next: Next) => {
    expectAppend(gateway.log); // prepares the append while the body arrives
    return next();
  };
  router.post(path, expectWrite, readBody, (ctx: Context) => create(gateway, entity, ctx));
  router.get(path, (ctx: Context) => list(gateway, entity, ctx));
  router.get(`${path}/count`, (ctx: Context) => count(gateway, entity, ctx));
  router.get(`${path}/:id`, (ctx: Context) => read(gateway, entity, ctx, ctx.params.id));
  const update = entity.isRecord ? entity.commands.get('update') : undefined;
  if (update) {
    router.put(path, expectWrite, readBody, (ctx: Context) => updateThing(gateway, entity, update, ctx, undefined));
    router.put(`${path}/:id`, expectWrite, readBody, (ctx: Context) =>
      updateThing(gateway, entity, update, ctx, ctx.params.id),
    );
  }
  const remove = entity.isRecord ? entity.commands.get('delete') : undefined;
  if (remove)
    router.delete(`${path}/:id`, expectWrite, (ctx: Context) =>
      removeThing(gateway, entity, remove, ctx, ctx.params.id),
    );
  router.post(`${path}/:id\\::command`, expectWrite, readAnyBody, (ctx: Context) =>
    runCommand(gateway, entity, ctx, { id: ctx.params.id, command: ctx.params.command }),
  );
};

/** Answers what no route took: 405 with the known methods if the path exists, otherwise 404. */
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
