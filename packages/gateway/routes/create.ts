import { type Entity, parseInput } from '@muster/model';
import type { Context } from 'koa';
import { answerJson } from '../answer-json.ts';
import { answerOutcome } from '../answer-outcome.ts';
import { executeCommand } from '../execute-command.ts';
import type { Gateway } from '../gateway.ts';
import { newId } from '../new-id.ts';
import { answerProblem, invalid } from '../problem.ts';
import { requestOf } from '../request-of.ts';

/** POST /api/user: runs the command that creates. */
export const create = async (gateway: Gateway, entity: Entity, ctx: Context): Promise<void> => {
  const type = entity.creating;
  const parsed = parseInput(type, ctx.request.body);
  if (parsed.kind === 'faults') return answerProblem(ctx, invalid(parsed.faults));
  const id = parsed.id ?? newId(gateway.random);
  const command = { type, input: parsed.fields };
  const outcome = await executeCommand(gateway, { entity, id, command, ...requestOf(gateway, ctx) });
  answerOutcome(ctx, entity, id, outcome, ({ json }) => {
    ctx.set('Location', `${entity.path}/${id}`);
    answerJson(ctx, 201, json);
  });
};
