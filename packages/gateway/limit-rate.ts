import type { Context, Middleware } from 'koa';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { giveProblem } from './on-koa.ts';
import type { Problem } from './problem.ts';

/** How many requests one client may send in so many seconds. */
export type Rate = { requests: number; seconds: number };

/**
 * `take` counts a request and refuses it above the rate. `isOver`: the address has no request left. `count` counts a
 * message of a client on a WebSocket, and returns a problem above the rate.
 */
export type RateLimit = {
  take: Middleware;
  isOver: (ctx: Context) => Promise<boolean>;
  count: (client: string) => Promise<Problem | undefined>;
};

/** Parses a rate such as `100/10`. Undefined if it is none. Pure. */
export const parseRate = (text: string): Rate | undefined => {
  const [, requests, seconds] = /^([1-9]\d{0,6})\/([1-9]\d{0,4})$/.exec(text) ?? [];
  return requests === undefined ? undefined : { requests: Number(requests), seconds: Number(seconds) };
};

/**
 * Refuses what a client sends above the rate with 429. A client is a key, or an address where there is none. Each
 * answer says what is left (draft-ietf-httpapi-ratelimit-headers, 10). Each gateway counts on its own.
 */
export const limitRate = ({ requests, seconds }: Rate): RateLimit => {
  const limiter = new RateLimiterMemory({ points: requests, duration: seconds });
  const isOver: RateLimit['isOver'] = async (ctx) => {
    const used = await limiter.get(addressOf(ctx));
    return used !== null && used.consumedPoints >= requests;
  };
  const consume = async (client: string): Promise<RateLimiterRes> => {
    const used = await limiter.consume(client).catch((refused: unknown) => refused);
    if (!(used instanceof RateLimiterRes)) throw used;
    return used;
  };
  const count: RateLimit['count'] = async (client) => {
    const used = await consume(client);
    if (used.consumedPoints <= requests) return undefined;
    return tooMany({ requests, seconds }, Math.ceil(used.msBeforeNext / 1_000));
  };
  const take: Middleware = async (ctx, next) => {
    const used = await consume(clientOf(ctx));
    const resetSeconds = Math.ceil(used.msBeforeNext / 1_000);
    ctx.set('RateLimit-Policy', `"client";q=${requests};w=${seconds}`);
    ctx.set('RateLimit', `"client";r=${used.remainingPoints};t=${resetSeconds}`);
    if (used.consumedPoints <= requests) return next();
    giveProblem(ctx, tooMany({ requests, seconds }, resetSeconds));
    ctx.set('Retry-After', String(resetSeconds));
  };
  return { isOver, take, count };
};

/** Returns by what a client is counted: its key, or its address without one. */
export const clientOf = (ctx: Context): string => (ctx.state.actor ? `key ${ctx.state.actor}` : addressOf(ctx));

const addressOf = (ctx: Context): string => `address ${ctx.ip}`;

const tooMany = ({ requests, seconds }: Rate, resetSeconds: number): Problem => ({
  name: 'too-many-requests',
  detail: `A client may send ${requests} requests in ${seconds} s; send the next one in ${resetSeconds} s`,
});
