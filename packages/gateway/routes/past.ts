import type Router from '@koa/router';
import type { Entity } from '@muster/model';
import type { Context, Next } from 'koa';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { onKoaApart } from '../on-koa.ts';
import { countPast } from './count-past.ts';
import { diff } from './diff.ts';
import { history } from './history.ts';
import { listPast } from './list-past.ts';
import { readPast } from './read-past.ts';

type OfThing = (gateway: Gateway, entity: Entity, exchange: Exchange, id: string) => Promise<void>;

/**
 * Adds the routes about the past of an entity. Requests without a parameter, and lists without `at`, are for the routes
 * of the present.
 */
export const addPastRoutes = (router: Router, gateway: Gateway, entity: Entity): void => {
  const { path } = entity;
  const ofThing = (route: OfThing) => (ctx: Context) =>
    onKoaApart(ctx, (exchange) => route(gateway, entity, exchange, ctx.params.id));
  router.get(path, (ctx: Context, next: Next) =>
    ctx.query.at === undefined ? next() : onKoaApart(ctx, (exchange) => listPast(gateway, entity, exchange)),
  );
  router.get(`${path}/count`, (ctx: Context, next: Next) =>
    ctx.querystring === '' ? next() : onKoaApart(ctx, (exchange) => countPast(gateway, entity, exchange)),
  );
  router.get(`${path}/:id/history`, ofThing(history));
  router.get(`${path}/:id\\:diff`, ofThing(diff));
  const runReadPast = ofThing(readPast);
  router.get(`${path}/:id`, (ctx: Context, next: Next) => (ctx.querystring === '' ? next() : runReadPast(ctx)));
};
