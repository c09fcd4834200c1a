import type { Context } from 'koa';
import { type Exchange, hasBody, openExchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { parseTrace } from './parse-trace.ts';
import { answerProblem, type Problem } from './problem.ts';
import { beginWork, endWork, kindOf } from './requests.ts';

/** Runs a route on a request that came through Koa, and gives its answer to Koa. */
export const onKoa = async (
  { requests }: Pick<Gateway, 'requests'>,
  ctx: Context,
  route: (exchange: Exchange) => Promise<void>,
): Promise<void> => {
  const kind = kindOf(ctx.method);
  const begunAt = beginWork(requests, kind);
  try {
    await onKoaApart(ctx, route);
  } finally {
    endWork(requests, kind, begunAt);
  }
};

/**
 * The same for a route that limits by itself how many requests are at work. It may take long: its time does not count
 * for the limit of the other routes.
 */
export const onKoaApart = async (ctx: Context, route: (exchange: Exchange) => Promise<void>): Promise<void> => {
  const exchange = openExchange({
    requestId: ctx.state.requestId,
    actor: ctx.state.actor,
    trace: ctx.state.trace || parseTrace(ctx.get('traceparent')),
    ifMatch: ctx.get('If-Match'),
    ifNoneMatch: ctx.get('If-None-Match'),
    minVersion: ctx.get('Muster-Min-Version'),
    query: ctx.query,
    input: ctx.request.body,
  });
  await route(exchange);
  giveAnswer(ctx, exchange);
};

/** Answers a request that came through Koa with a problem. */
export const giveProblem = (ctx: Context, problem: Problem): void => {
  const exchange = openExchange({ requestId: ctx.state.requestId });
  answerProblem(exchange, problem);
  giveAnswer(ctx, exchange);
};

const giveAnswer = (ctx: Context, { status, headers, body, faults }: Exchange) => {
  ctx.status = status;
  ctx.state.faults = faults;
  giveHeaders(ctx, headers);
  if (hasBody(status)) ctx.body = body;
};

/** Adds headers to the answer: name, value, name, value… */
export const giveHeaders = (ctx: Context, headers: readonly string[]): void => {
  for (let at = 0; at < headers.length; at += 2) ctx.set(headers[at] ?? '', headers[at + 1] ?? '');
};
