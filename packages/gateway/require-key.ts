import type { Entity } from '@muster/model';
import type { Context, Middleware } from 'koa';
import type { Gateway } from './gateway.ts';
import { identify, isTokenNew, proveToken } from './keys.ts';
import type { RateLimit } from './limit-rate.ts';
import { giveProblem } from './on-koa.ts';
import { type Problem, unavailable } from './problem.ts';
import { kindOf, type RequestKind } from './requests.ts';

// the pages that explain the service have no data of it
const isDocument = /^\/(openapi\.json|docs|docs\/[^/]+|problems|problems\/[^/]+)\/?$/;

/**
 * Refuses requests without a valid key or token with 401 or 403, if keys are needed. Otherwise notes whose it is. 503
 * if a token cannot be verified, as the keys of its provider cannot be read. `limit` counts wrong keys by the address
 * that sends them. No further token of an address without a request left is verified, as that costs most.
 */
export const requireKey = (
  { entities, keys, settings }: Pick<Gateway, 'entities' | 'keys' | 'settings'>,
  limit: RateLimit,
): Middleware => {
  const writesByGet = findWritesByGet(entities);
  return async (ctx, next) => {
    if (ctx.method === 'OPTIONS') return next(); // a browser asks what it may send before it sends the key
    if (isDocument.test(ctx.path)) return next(); // a browser cannot send a key with a link
    const kind = writesByGet.has(ctx.path.replace(/\/$/, '')) ? 'write' : kindOf(ctx.method);
    if (!keys.isRequired && isForeignWrite(ctx, kind, settings.CORS_ORIGINS)) return giveProblem(ctx, foreign);
    const authorization = ctx.get('Authorization');
    const isNew = isTokenNew(keys, authorization);
    if (isNew && (await limit.isOver(ctx))) return limit.take(ctx, () => Promise.resolve());
    const why = isNew ? await proveToken(keys, authorization) : undefined;
    if (why !== undefined) return giveProblem(ctx, unavailable(`Cannot verify the token: ${why}`));
    const identified = identify(keys, authorization, kind);
    if (identified.kind === 'refused') {
      const refuse = async () => {
        ctx.set('WWW-Authenticate', identified.challenge);
        giveProblem(ctx, identified.problem);
      };
      ctx.state.actor = identified.actor; // of a key that is valid, and may not do this
      return identified.isCounted ? limit.take(ctx, refuse) : refuse();
    }
    ctx.state.actor = identified.actor;
    return next();
  };
};

/** The addresses where a GET changes data. */
const findWritesByGet = (entities: readonly Entity[]): ReadonlySet<string> =>
  new Set(
    entities.flatMap(({ routes }) =>
      routes.flatMap(({ definition }) =>
        definition.method === 'GET' && definition.runs !== undefined ? [definition.path] : [],
      ),
    ),
  );

/**
 * Whether a page of another site makes the browser of somebody write here. Where no key is needed, nothing else would
 * stop it: a browser sends some requests without asking first.
 */
const isForeignWrite = (ctx: Context, kind: RequestKind, origins: string): boolean => {
  if (kind === 'read') return false;
  const origin = ctx.get('Origin');
  if (origin === '') return ctx.get('Sec-Fetch-Site') === 'cross-site';
  return origins !== '*' && !origins.split(',').includes(origin) && origin !== `${ctx.protocol}://${ctx.host}`;
};

const foreign: Problem = {
  name: 'foreign-origin',
  detail: 'A page of another origin sent this write, and no API key is needed here; name its origin in CORS_ORIGINS',
};
