import type { Fault } from '@muster/model';
import type { Context } from 'koa';

/** The answer to a request that failed (RFC 9457). */
export type Problem = {
  status: number;
  name: string;
  title: string;
  detail: string;
  errors?: Fault[];
  more?: Record<string, unknown>;
};

/** Answers with a problem as `application/problem+json`, which contains the request's id. */
export const answerProblem = (ctx: Context, { status, name, title, detail, errors, more }: Problem): void => {
  ctx.status = status;
  if (status === 503) ctx.set('Retry-After', '1');
  ctx.set('Content-Type', 'application/problem+json; charset=utf-8');
  ctx.body = JSON.stringify({
    type: `urn:muster:problem:${name}`,
    title,
    status,
    detail,
    requestId: ctx.state.requestId,
    ...more,
    ...(errors ? { errors } : {}),
  });
};

/** The request's input has these faults. */
export const invalid = (errors: Fault[]): Problem => ({
  status: 400,
  name: 'invalid-input',
  title: 'The request has invalid input',
  detail: errors.map(({ pointer, detail }) => (pointer ? `${pointer}: ${detail}` : detail)).join('; '),
  errors,
});

/**
 * The database did not answer, and no other source could. In `more`, `written` says whether a write may be in the log.
 */
export const unavailable = (why: string, more: Record<string, unknown> = {}): Problem => ({
  status: 503,
  name: 'unavailable',
  title: 'The service cannot answer at the moment',
  detail: `${why}; try again after the time in Retry-After`,
  more,
});
