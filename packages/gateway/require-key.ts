import type { Context, Next } from 'koa';
import type { Gateway } from './gateway.ts';
import { identify } from './keys.ts';
import { giveProblem } from './on-koa.ts';
import { kindOf } from './requests.ts';

/** Refuses requests without a valid key with 401 or 403, if keys are needed. Otherwise notes whose key it is. */
export const requireKey =
  ({ keys }: Pick<Gateway, 'keys'>) =>
  (ctx: Context, next: Next): Promise<void> | void => {
    if (ctx.method === 'OPTIONS') return next(); // a browser asks what it may send before it sends the key
    const identified = identify(keys, ctx.get('Authorization'), kindOf(ctx.method));
    if (identified.kind === 'refused') {
      ctx.set('WWW-Authenticate', identified.challenge);
      return giveProblem(ctx, identified.problem);
    }
    ctx.state.actor = identified.actor;
    return next();
  };
