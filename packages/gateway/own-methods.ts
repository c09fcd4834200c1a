import type { Entity } from '@muster/model';
import type { Context, Middleware } from 'koa';
import { giveProblem } from './on-koa.ts';
import { patchTypes } from './require-patch.ts';

/**
 * Refuses other methods at `/count`, `:diff` and commands with 405, and answers OPTIONS there. For the router these
 * addresses also have the form of a thing's address, with an id that is none.
 */
export const requireOwnMethod =
  (entities: readonly Entity[]): Middleware =>
  (ctx, next) => {
    const allowed = methodsAt(entities, ctx.path);
    if (allowed === undefined || allowed.includes(ctx.method)) return next();
    return refuseMethod(ctx, allowed);
  };

/** Answers 405 with the methods that are possible, or 204 to OPTIONS. */
export const refuseMethod = (ctx: Context, methods: readonly string[]): void => {
  ctx.set('Allow', methods.join(', '));
  if (methods.includes('PATCH')) ctx.set('Accept-Patch', patchTypes);
  if (ctx.method === 'OPTIONS') {
    ctx.status = 204;
    return;
  }
  giveProblem(ctx, {
    name: 'method-not-allowed',
    detail: `${ctx.method} is not possible here; possible are ${methods.join(', ')}`,
  });
};

const methodsAt = (entities: readonly Entity[], path: string): readonly string[] | undefined => {
  const entity = entities.find((one) => path.startsWith(`${one.path}/`));
  if (!entity) return undefined;
  const rest = path.slice(entity.path.length + 1).replace(/\/$/, '');
  if (rest === 'count' || rest === 'events') return ['HEAD', 'GET'];
  const [, command = ''] = /^[^/]*:([^/:]+)$/.exec(rest) ?? [];
  if (command === 'diff') return ['HEAD', 'GET'];
  const known = entity.commands.get(command);
  return known?.changes && !known.isInternal ? ['POST'] : undefined;
};
