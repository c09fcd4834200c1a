import { type CommandType, type Entity, findIdFaults } from '@muster/model';
import type { Context } from 'koa';
import { answerOutcome } from '../answer-outcome.ts';
import { executeCommand } from '../execute-command.ts';
import type { Gateway } from '../gateway.ts';
import { parseIfMatch } from '../parse-headers.ts';
import { answerProblem, invalid } from '../problem.ts';
import { requestOf } from '../request-of.ts';

/** DELETE /api/user/{id}: runs the command `delete` of a record. */
export const remove = async (
  gateway: Gateway,
  entity: Entity,
  type: CommandType,
  ctx: Context,
  id: string,
): Promise<void> => {
  const ifMatch = parseIfMatch(ctx);
  const faults = [...findIdFaults(id), ...(ifMatch.kind === 'faults' ? ifMatch.faults : [])];
  if (faults.length > 0 || ifMatch.kind === 'faults') return answerProblem(ctx, invalid(faults));
  const command = { type, input: {}, ifVersion: ifMatch.value };
  const outcome = await executeCommand(gateway, { entity, id, command, ...requestOf(gateway, ctx) });
  answerOutcome(ctx, entity, id, outcome, () => {
    ctx.status = 204;
  });
};
