import { randomBytes } from 'node:crypto';
import type { Context, Middleware, Next } from 'koa';
import type { Gateway } from './gateway.ts';
import { answerProblem, type Problem } from './problem.ts';

const slowMs = 250;

/** Wraps every request: sets its id, measures its time, and answers thrown errors as problems. */
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

/** Generates ids for requests that have none: a random prefix for this process, then a number. */
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

/** Answers a thrown error: 400 for a client error that a library threw, otherwise 500. */
const answerThrown = ({ logger }: Gateway, ctx: Context, error: unknown) => {
  const status = Number((error as { status?: unknown }).status);
  const problem = status >= 400 && status < 500 ? problemOfClient(error as Error) : undefined;
  if (!problem)
    logger.error({ err: error, requestId: ctx.state.requestId }, 'A request failed because of a fault in the gateway');
  answerProblem(
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
