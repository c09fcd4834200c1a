import { type Entity, parseInput } from '@muster/model';
import { answerJson } from '../answer-json.ts';
import { answerOutcome } from '../answer-outcome.ts';
import type { Exchange } from '../exchange.ts';
import { executeCommand } from '../execute-command.ts';
import type { Gateway } from '../gateway.ts';
import { newId } from '../new-id.ts';
import { answerProblem, invalid } from '../problem.ts';
import { requestOf } from '../request-of.ts';

/** POST /api/user: runs the command that creates. */
export const create = async (gateway: Gateway, entity: Entity, exchange: Exchange): Promise<void> => {
  const type = entity.creating;
  const parsed = parseInput(type, exchange.input);
  if (parsed.kind === 'faults') return answerProblem(exchange, invalid(parsed.faults));
  const id = parsed.id ?? newId(gateway.random);
  const command = { type, input: parsed.fields };
  const isNewId = parsed.id === undefined;
  const outcome = await executeCommand(gateway, { entity, id, isNewId, command, ...requestOf(gateway, exchange) });
  answerOutcome(exchange, entity, id, outcome, ({ json }) => {
    exchange.headers.push('Location', `${entity.path}/${id}`);
    answerJson(exchange, 201, json);
  });
};
