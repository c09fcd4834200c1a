import type { EngineProblemName, Fault } from '@muster/model';
import type { Exchange } from './exchange.ts';
import { problems } from './problems.ts';

/**
 * An error as the client gets it (RFC 9457). Its status and title come from the table of problems, with the name of the
 * entity in the title, or from the refusal that an entity declares. So each problem has a page.
 */
export type Problem = { detail: string; errors?: Fault[]; more?: Record<string, unknown> } & (
  | { name: EngineProblemName; entity?: string }
  | { name: 'declared'; refusal: { name: string; status: number; title: string } }
);

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
export const answerProblem = (exchange: Exchange, problem: Problem): void => {
  const { status } = kindOf(problem);
  exchange.status = status;
  if (status === 503) exchange.headers.push('Retry-After', '1');
  exchange.headers.push('Content-Type', 'application/problem+json; charset=utf-8');
  exchange.body = JSON.stringify(describeProblem(problem, exchange.requestId));
  exchange.faults = problem.errors ?? [];
};

/** Returns a problem as clients get it. */
export const describeProblem = (problem: Problem, requestId: string): object => {
  const { detail, errors, more } = problem;
  const { name, status, title } = kindOf(problem);
  const listed = errors ? { errors: errors.map(shownFault) } : {};
  return { type: typeOf(name), title, status, detail, requestId, ...more, ...listed };
};

// the place of a fault is for the errors of JSON:API only
const shownFault = ({ pointer, code, detail }: Fault): Fault => ({ pointer, code, detail });

/** Returns the `type` of a problem: the address of its page, relative to the host that answers. */
export const typeOf = (name: string): string => `/problems/${name}`;

/** Returns the status with which a problem is answered. */
export const statusOf = (problem: Problem): number => kindOf(problem).status;

const kindOf = (problem: Problem): { name: string; status: number; title: string } => {
  if (problem.name === 'declared') return problem.refusal;
  const { status, title } = problems[problem.name];
  return { name: problem.name, status, title: problem.entity ? title.replace('{entity}', problem.entity) : title };
};

const detailMax = 2_000;

const cut = (text: string): string => (text.length <= detailMax ? text : `${text.slice(0, detailMax)}…`);

/** The request's input has these faults. */
export const invalid = (errors: Fault[]): Problem => ({
  name: 'invalid-input',
  detail: cut(errors.map(({ pointer, detail }) => (pointer ? `${pointer}: ${detail}` : detail)).join('; ')),
  errors,
});

/** A list of an entity with `keep` comes from the records, and no index of the database supports it. */
export const notIndexed = (why: string): Problem => invalid([{ pointer: '', code: 'invalid-parameter', detail: why }]);

/** Neither the database nor a replica answers. `written` says what became of a write. */
export const unavailable = (why: string, more: Record<string, unknown> = {}): Problem => ({
  name: 'unavailable',
  detail: `${why}; try again after the time in Retry-After`,
  more,
});
