import { type CommandType, type Entity, findIdFaults } from '@muster/model';
import { answerOutcome } from '../answer-outcome.ts';
import type { Exchange } from '../exchange.ts';
import { executeCommand } from '../execute-command.ts';
import type { Gateway } from '../gateway.ts';
import { answerProblem, invalid } from '../problem.ts';
import { requestOf } from '../request-of.ts';
import { requirePrecondition } from '../require-precondition.ts';

/** DELETE /api/user/{id}: runs the command of an entity that DELETE stands for. */
export const remove = async (
  gateway: Gateway,
  entity: Entity,
  type: CommandType,
  exchange: Exchange,
  id: string,
): Promise<void> => {
  const faults = findIdFaults(id);
  if (faults.length > 0) return answerProblem(exchange, invalid(faults));
  const required = requirePrecondition(gateway, exchange);
  if (required.kind === 'problem') return answerProblem(exchange, required.problem);
  const command = { type, input: {}, precondition: required.value };
  const outcome = await executeCommand(gateway, { entity, id, command, ...requestOf(gateway, exchange) });
  answerOutcome(exchange, entity, id, outcome, () => {
    exchange.status = 204;
  });
};
