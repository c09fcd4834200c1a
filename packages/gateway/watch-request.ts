import type { Context, Middleware, Next } from 'koa';
import type { Gateway } from './gateway.ts';
import { noteAnswer } from './note-answer.ts';
import { giveProblem } from './on-koa.ts';
import { problemOfThrown } from './problem-of-thrown.ts';
import { requestIdOf } from './request-ids.ts';

/** Wraps every request: sets its id, measures its time, and answers an exception as a problem. */
export const watchRequest =
  (gateway: Gateway): Middleware =>
  async (ctx: Context, next: Next) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(gateway.requestIds, ctx.get('X-Request-Id'));
    ctx.state.requestId = requestId;
    ctx.set('X-Request-Id', requestId);
    if (gateway.standing.stopping) ctx.set('Connection', 'close');
    try {
      await next();
    } catch (error) {
      giveProblem(ctx, problemOfThrown(gateway, requestId, error));
    }
    const { method, url, status } = ctx;
    const { actor, isLoggedElsewhere } = ctx.state;
    noteAnswer(gateway, {
      ...{ requestId, actor, method, url, status, isLoggedElsewhere },
      ms: performance.now() - startedAt,
    });
  };
