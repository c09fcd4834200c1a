import { type Entity, type Rendered, renderState } from '@muster/model';
import type { Context } from 'koa';
import type { Outcome } from './outcome.ts';
import { answerProblem } from './problem.ts';
import { setThingHeaders } from './set-thing-headers.ts';
import { notWritable, parked, refused } from './thing-problems.ts';

/** Answers with a command's outcome. For a command that succeeded, calls `done` with the thing as a read returns it. */
export const answerOutcome = (
  ctx: Context,
  entity: Entity,
  id: string,
  outcome: Outcome,
  done: (rendered: Rendered) => void,
): void => {
  if (outcome.kind === 'unavailable') return answerProblem(ctx, notWritable(entity, id, outcome));
  setThingHeaders(ctx, outcome.state.version, 'log', 0);
  switch (outcome.kind) {
    case 'done':
      return done(renderState(entity, id, outcome.state));
    case 'refused':
      return answerProblem(ctx, refused(entity, id, outcome.refusal, outcome.state));
    case 'parked':
      ctx.set('Muster-Parked', 'true');
      return answerProblem(ctx, parked(entity, id, outcome.state, outcome.problem));
  }
};
