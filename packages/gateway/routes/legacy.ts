import { type Entity, type OwnRoute, routeName } from '@muster/model';
import type { Middleware } from 'koa';
import type { Gateway } from '../gateway.ts';
import { giveProblem } from '../on-koa.ts';

/** Whether an own route is to be served: it is no legacy route, or the setting or its entity has these on. */
export const isOn = ({ settings }: Pick<Gateway, 'settings'>, { legacyRoutes }: Entity, route: OwnRoute): boolean => {
  if (!route.isLegacy) return true;
  return settings.LEGACY_ROUTES === 'auto' ? legacyRoutes : settings.LEGACY_ROUTES === 'on';
};

/**
 * Answers 404 where a legacy route is off, and says so: to its own method, and to every method if no other route has
 * this address.
 */
export const refuseOff = (gateway: Pick<Gateway, 'entities' | 'settings'>): Middleware => {
  const routes = gateway.entities.flatMap((entity) =>
    entity.routes.map((route) => ({ route, on: isOn(gateway, entity, route), path: route.definition.path })),
  );
  const off = routes.filter(({ on }) => !on);
  const names = new Set(off.map(({ route }) => routeName(route)));
  const open = routes.filter(({ on }) => on).map(({ path }) => path);
  const paths = new Set(off.map(({ path }) => path).filter((path) => !open.includes(path)));
  return (ctx, next) => {
    const path = ctx.path.replace(/\/$/, '');
    if (!paths.has(path) && !names.has(`${ctx.method} ${path}`)) return next();
    return giveProblem(ctx, {
      name: 'no-such-route',
      detail: `${path} is for clients of an earlier API, and is off here; an operator can set LEGACY_ROUTES=on`,
    });
  };
};
