import type { Context } from 'koa';

/**
 * Sets the headers of every answer on a thing: its version, the source of the answer, and its maximum age in
 * milliseconds.
 */
export const setThingHeaders = (ctx: Context, version: number, source: string, lagMs: number): void => {
  if (version > 0) ctx.set('ETag', `"${version}"`);
  ctx.set('Muster-Source', source);
  ctx.set('Muster-Lag-Ms', String(Math.round(lagMs)));
};
