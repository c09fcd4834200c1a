import { randomBytes } from 'node:crypto';
import type { Context, Middleware, Next } from 'koa';
import type { Gateway } from './gateway.ts';
import { giveProblem } from './on-koa.ts';
import { KnownFault, type Problem } from './problem.ts';

const slowMs = 250;

/** Wraps every request: sets its id, measures its time, and answers an exception as a problem. */
export const watchRequest = (gateway: Gateway): Middleware => {
  const ids = openRequestIds();
  return async (ctx: Context, next: Next) => {
    const startedAt = performance.now();
    ctx.state.requestId = givenId(ctx) ?? nextId(ids);
    ctx.set('X-Request-Id', ctx.state.requestId);
    if (gateway.standing.stopping) ctx.set('Connection', 'close');
    try {
      await next();
    } catch (error) {
      answerThrown(gateway, ctx, error);
    }
    noteAnswer(gateway, ctx, performance.now() - startedAt);
  };
};

/** Ids for requests without one: a random prefix of this process, and a number. */
type RequestIds = { prefix: string; last: number };

const openRequestIds = (): RequestIds => ({ prefix: randomBytes(8).toString('hex'), last: 0 });

const nextId = (ids: RequestIds) => {
  ids.last += 1;
  return `${ids.prefix}-${ids.last}`;
};

const givenId = (ctx: Context): string | undefined => {
  const given = ctx.get('X-Request-Id');
  return /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : undefined;
};

const noteAnswer = ({ logger, metrics }: Gateway, ctx: Context, ms: number) => {
  metrics.seconds.observe({ method: ctx.method, status: ctx.status }, ms / 1_000);
  if (ctx.state.isLoggedElsewhere || (ctx.status < 500 && ms < slowMs)) return;
  const about = {
    requestId: ctx.state.requestId,
    method: ctx.method,
    path: ctx.url.split('?', 1)[0],
    status: ctx.status,
    ms: Math.round(ms),
  };
  logger.warn(about, ctx.status >= 500 ? 'Answered with an error' : 'Answered late');
};

/** Answers an error that a library throws for a client's fault, or an error of ours. */
const answerThrown = ({ logger }: Gateway, ctx: Context, error: unknown) => {
  const status = Number((error as { status?: unknown }).status);
  const problem = status >= 400 && status < 500 ? problemOfClient(error as Error) : undefined;
  if (!problem)
    logger.error({ err: error, requestId: ctx.state.requestId }, 'A request failed through a fault of ours');
  if (error instanceof KnownFault) return giveProblem(ctx, error.problem);
  giveProblem(
    ctx,
    problem ?? {
      status: 500,
      name: 'fault',
      title: 'The service has a fault',
      detail: 'The request could not be answered through a fault of the service; its log has more under the request id',
    },
  );
};

const problemOfClient = (error: Error): Problem => {
  const detail = error.message.slice(0, 200);
  return {
    status: 400,
    name: 'invalid-input',
    title: 'The request has invalid input',
    detail,
    errors: [{ pointer: '', detail }],
  };
};
