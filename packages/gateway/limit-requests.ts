import type { Middleware } from 'koa';
import { giveProblem } from './on-koa.ts';
import { enter, findNoPlace, kindOf, type Limited, leave } from './requests.ts';

/**
 * Refuses requests for which there is no place with 503, at once; they change nothing. A request gives its place back
 * when it is answered or its connection closes. Its work, such as a write, still continues. This work is limited to
 * twice `REQUESTS_MAX`.
 */
export const limitRequests = (gateway: Limited): Middleware => {
  const { requests } = gateway;
  return async (ctx, next) => {
    const problem = findNoPlace(gateway, kindOf(ctx.method));
    if (problem) {
      ctx.state.isLoggedElsewhere = true;
      return giveProblem(ctx, problem);
    }
    const { req, res } = ctx;
    enter(requests, req);
    res.once('close', () => requests.inFlight.delete(req)); // even if the handler never ends
    try {
      await next();
    } finally {
      leave(requests, req);
    }
  };
};
