import { type Entity, problemNameOf } from '@muster/model';

/** A problem that an entity declares as a refusal. */
export type DeclaredProblem = { name: string; status: number; title: string; entity: string; path: string };

/** Returns the problems that an entity declares. */
export const declaredProblemsOf = ({ name: entity, path, refusals }: Entity): DeclaredProblem[] =>
  [...refusals].map(([reason, { status, title }]) => ({ name: problemNameOf(reason), status, title, entity, path }));
