import { type CommandType, type Entity, findIdFaults } from '@muster/model';
import { answerOutcome } from '../answer-outcome.ts';
import type { Exchange } from '../exchange.ts';
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
  exchange: Exchange,
  id: string,
): Promise<void> => {
  const ifMatch = parseIfMatch(exchange.ifMatch);
  const faults = [...findIdFaults(id), ...(ifMatch.kind === 'faults' ? ifMatch.faults : [])];
  if (faults.length > 0 || ifMatch.kind === 'faults') return answerProblem(exchange, invalid(faults));
  const command = { type, input: {}, ifVersion: ifMatch.value };
  const outcome = await executeCommand(gateway, { entity, id, command, ...requestOf(gateway, exchange) });
  answerOutcome(exchange, entity, id, outcome, () => {
    exchange.status = 204;
  });
};
