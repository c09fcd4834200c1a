import type { Context } from 'koa';

/**
 * The headers that every answer on a thing carries: its version, where the answer came from, how old it may be in
 * milliseconds.
 */
export const setThingHeaders = (ctx: Context, version: number, source: string, lagMs: number): void => {
  if (version > 0) ctx.set('ETag', `"${version}"`);
  ctx.set('Muster-Source', source);
  ctx.set('Muster-Lag-Ms', String(Math.round(lagMs)));
};
