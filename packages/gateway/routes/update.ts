import { type CommandType, type Entity, findIdFaults, parseInput } from '@muster/model';
import type { Context } from 'koa';
import { answerJson } from '../answer-json.ts';
import { answerOutcome } from '../answer-outcome.ts';
import { executeCommand } from '../execute-command.ts';
import type { Gateway } from '../gateway.ts';
import { parseIfMatch } from '../parse-headers.ts';
import { answerProblem, invalid } from '../problem.ts';
import { requestOf } from '../request-of.ts';
import { findOtherId } from './command.ts';

/** PUT /api/user/{id}, or PUT /api/user with the id in the body: runs the command `update` of a record. */
export const update = async (
  gateway: Gateway,
  entity: Entity,
  type: CommandType,
  ctx: Context,
  idInPath: string | undefined,
): Promise<void> => {
  const parsed = parseInput(type, ctx.request.body);
  if (parsed.kind === 'faults') return answerProblem(ctx, invalid(parsed.faults));
  const id = idInPath ?? parsed.id;
  const faults =
    id === undefined ? [{ pointer: '/id', detail: '"id" is required, in the path or in the body' }] : findIdFaults(id);
  faults.push(...findOtherId(parsed, id));
  const ifMatch = parseIfMatch(ctx);
  if (ifMatch.kind === 'faults') faults.push(...ifMatch.faults);
  if (id === undefined || faults.length > 0 || ifMatch.kind === 'faults') return answerProblem(ctx, invalid(faults));
  const command = { type, input: parsed.fields, ifVersion: ifMatch.value };
  const outcome = await executeCommand(gateway, { entity, id, command, ...requestOf(gateway, ctx) });
  answerOutcome(ctx, entity, id, outcome, ({ json }) => answerJson(ctx, 200, json));
};
