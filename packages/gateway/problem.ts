import type { Fault } from '@muster/model';
import type { Exchange } from './exchange.ts';

/** An error as the client gets it (RFC 9457). */
export type Problem = {
  status: number;
  name: string;
  title: string;
  detail: string;
  errors?: Fault[];
  more?: Record<string, unknown>;
};

/** A fault of ours that has an answer of its own. It is logged like any other, with its cause. */
export class KnownFault extends Error {
  override name = 'KnownFault';
  readonly problem: Problem;
  constructor(problem: Problem, cause: unknown) {
    super(`${problem.detail}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.problem = problem;
  }
}

/** Answers with a problem as `application/problem+json`, with the request's id. */
export const answerProblem = (exchange: Exchange, { status, name, title, detail, errors, more }: Problem): void => {
  exchange.status = status;
  if (status === 503) exchange.headers.push('Retry-After', '1');
  exchange.headers.push('Content-Type', 'application/problem+json; charset=utf-8');
  exchange.body = JSON.stringify({
    type: `urn:muster:problem:${name}`,
    title,
    status,
    detail,
    requestId: exchange.requestId,
    ...more,
    ...(errors ? { errors } : {}),
  });
};

const detailMax = 2_000;

const cut = (text: string): string => (text.length <= detailMax ? text : `${text.slice(0, detailMax)}…`);

/** The request's input has these faults. */
export const invalid = (errors: Fault[]): Problem => ({
  status: 400,
  name: 'invalid-input',
  title: 'The request has invalid input',
  detail: cut(errors.map(({ pointer, detail }) => (pointer ? `${pointer}: ${detail}` : detail)).join('; ')),
  errors,
});

/** Neither the database nor a replica answers. `written` says what became of a write. */
export const unavailable = (why: string, more: Record<string, unknown> = {}): Problem => ({
  status: 503,
  name: 'unavailable',
  title: 'The service cannot answer at the moment',
  detail: `${why}; try again after the time in Retry-After`,
  more,
});
