import { type CommandType, type Entity, findIdFaults, parseInput } from '@muster/model';
import { answerJson } from '../answer-json.ts';
import { answerOutcome } from '../answer-outcome.ts';
import type { Exchange } from '../exchange.ts';
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
  exchange: Exchange,
  idInPath: string | undefined,
): Promise<void> => {
  const parsed = parseInput(type, exchange.input);
  if (parsed.kind === 'faults') return answerProblem(exchange, invalid(parsed.faults));
  const id = idInPath ?? parsed.id;
  const faults =
    id === undefined ? [{ pointer: '/id', detail: '"id" is required, in the path or in the body' }] : findIdFaults(id);
  faults.push(...findOtherId(parsed, id));
  const ifMatch = parseIfMatch(exchange.ifMatch);
  if (ifMatch.kind === 'faults') faults.push(...ifMatch.faults);
  if (id === undefined || faults.length > 0 || ifMatch.kind === 'faults')
    return answerProblem(exchange, invalid(faults));
  const command = { type, input: parsed.fields, ifVersion: ifMatch.value };
  const outcome = await executeCommand(gateway, { entity, id, command, ...requestOf(gateway, exchange) });
  answerOutcome(exchange, entity, id, outcome, ({ json }) => answerJson(exchange, 200, json));
};
