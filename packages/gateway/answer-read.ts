import type { Entity } from '@muster/model';
import type { Context } from 'koa';
import { answerJson } from './answer-json.ts';
import { answerProblem, unavailable } from './problem.ts';
import type { Read, ReadResult } from './read-thing.ts';
import { setThingHeaders } from './set-thing-headers.ts';
import { gone, notFound, notReached } from './thing-problems.ts';

/** Answers with the result of a read: 200 or 304 for the thing, or else 404, 410, 412 or 503 with the reason. */
export const answerRead = (ctx: Context, entity: Entity, id: string, read: Read): void => {
  switch (read.kind) {
    case 'result':
      return answerResult(ctx, entity, id, read);
    case 'unavailable':
      return answerProblem(ctx, unavailable(`Cannot read ${entity.name} "${id}": ${read.why}`, { id }));
    case 'notReached':
      setThingHeaders(ctx, read.version, 'database', 0);
      return answerProblem(ctx, notReached(entity, id, read.version, read.least));
  }
};

const answerResult = (ctx: Context, entity: Entity, id: string, result: ReadResult): void => {
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
