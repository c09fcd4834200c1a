import { type Entity, present, type Refusal, type State } from '@muster/model';
import type { Context } from 'koa';
import type { Outcome } from './execute-command.ts';
import { answerProblem, type Problem, unavailable } from './problem.ts';
import type { ReadResult } from './read-thing.ts';

/**
 * The headers that every answer on a thing carries: its version, where the answer came from, how old it may be in
 * milliseconds.
 */
export const setThingHeaders = (ctx: Context, version: number, source: string, lagMs: number): void => {
  if (version > 0) ctx.set('ETag', `"${version}"`);
  ctx.set('Muster-Source', source);
  ctx.set('Muster-Lag-Ms', String(Math.round(lagMs)));
};

/** Answers with a JSON text that is ready. */
export const answerJson = (ctx: Context, status: number, json: string): void => {
  ctx.status = status;
  ctx.set('Content-Type', 'application/json; charset=utf-8');
  ctx.body = json;
};

/** Answers with what was read: 200, 404 or 410. */
export const answerResult = (ctx: Context, entity: Entity, id: string, result: ReadResult): void => {
  setThingHeaders(ctx, result.version, result.source, result.lagMs);
  if (result.parked) ctx.set('Muster-Parked', 'true');
  switch (result.status) {
    case 'absent':
      return answerProblem(ctx, notFound(entity, id));
    case 'deleted':
      return answerProblem(ctx, gone(entity, id, result.version, new Date(result.changedAt)));
    case 'active':
      answerJson(ctx, 200, result.json);
      if (ctx.headers['if-none-match'] !== undefined && ctx.fresh) ctx.status = 304;
  }
};

/** Answers with a command's outcome; `done` answers for one that was carried out. */
export const answerOutcome = (
  ctx: Context,
  entity: Entity,
  id: string,
  outcome: Outcome,
  done: (state: State) => void,
): void => {
  if (outcome.kind === 'unavailable') {
    const { written, version, why } = outcome;
    return answerProblem(
      ctx,
      unavailable(`Cannot write ${entity.name} "${id}": ${why}`, { written, id, ...(version ? { version } : {}) }),
    );
  }
  setThingHeaders(ctx, outcome.state.version, 'log', 0);
  if (outcome.kind === 'done') return done(outcome.state);
  if (outcome.kind === 'refused') return answerProblem(ctx, refused(entity, id, outcome.reason, outcome.state));
  ctx.set('Muster-Parked', 'true');
  answerProblem(ctx, {
    ...unavailable(
      `Cannot write ${entity.name} "${id}": version ${outcome.state.version + 1} of its stream cannot be understood (${outcome.problem}); an operator must look at DeadLetters`,
    ),
    more: { written: 'notWritten', id },
  });
};

/** What clients see of an active thing. */
export const jsonOf = (entity: Entity, id: string, state: State): string =>
  JSON.stringify(state.status === 'active' ? present(entity, id, state.fields) : null);

const refused = (entity: Entity, id: string, reason: Refusal, state: State): Problem => {
  switch (reason) {
    case 'NotFound':
      return notFound(entity, id);
    case 'Deleted':
      return gone(entity, id, state.version, state.status === 'deleted' ? state.deletedAt : undefined);
    case 'Exists':
      return {
        status: 409,
        name: 'exists',
        title: `The ${entity.name} exists or existed`,
        detail: `Cannot create ${entity.name} "${id}": ${state.status === 'deleted' ? 'it existed and was deleted' : 'it exists'} at version ${state.version}; choose another id, or update it`,
        more: { id, version: state.version },
      };
    case 'OtherVersion':
      return {
        status: 412,
        name: 'other-version',
        title: `The ${entity.name} has another version`,
        detail: `Cannot change ${entity.name} "${id}" as asked by If-Match: it has version ${state.version}; read it and decide again`,
        more: { id, version: state.version },
      };
  }
};

const notFound = (entity: Entity, id: string): Problem => ({
  status: 404,
  name: 'not-found',
  title: `The ${entity.name} was not found`,
  detail: `There is no ${entity.name} "${id}", and never was`,
  more: { id },
});

const gone = (entity: Entity, id: string, version: number, deletedAt: Date | undefined): Problem => ({
  status: 410,
  name: 'deleted',
  title: `The ${entity.name} was deleted`,
  detail: `The ${entity.name} "${id}" was deleted at version ${version}${deletedAt ? `, on ${deletedAt.toISOString()}` : ''}`,
  more: { id, version, deletedAt },
});
