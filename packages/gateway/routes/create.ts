import { type Entity, type Fault, parseInput } from '@muster/model';
import { answerJson } from '../answer-json.ts';
import { answerOutcome } from '../answer-outcome.ts';
import { chooseId } from '../choose-id.ts';
import type { Exchange } from '../exchange.ts';
import { executeCommand } from '../execute-command.ts';
import type { Gateway } from '../gateway.ts';
import { newId } from '../new-id.ts';
import { answerProblem, invalid, type Problem } from '../problem.ts';
import { requestOf } from '../request-of.ts';
import { conditionOf, takesNoCondition } from '../takes-no-condition.ts';
import { withArticle } from '../with-article.ts';

/** POST /api/user: runs the command that creates. */
export const create = async (gateway: Gateway, entity: Entity, exchange: Exchange): Promise<void> => {
  const type = entity.creating;
  const { ifMatch, ifNoneMatch } = exchange;
  if (ifMatch !== '' || ifNoneMatch !== '')
    return answerProblem(exchange, notConditional(entity, conditionOf(exchange)));
  const parsed = parseInput(type, inputOf(entity, exchange.input));
  if (parsed.kind === 'faults') return answerProblem(exchange, invalid(pointInto(entity, parsed.faults)));
  const chosen = chooseId(entity, type, parsed.fields, parsed.id);
  if (chosen.kind === 'faults') return answerProblem(exchange, invalid(chosen.faults));
  const id = chosen.id ?? newId(gateway.random);
  const command = { type, input: parsed.fields };
  const isNewId = chosen.id === undefined;
  const outcome = await executeCommand(gateway, { entity, id, isNewId, command, ...requestOf(gateway, exchange) });
  answerOutcome(exchange, entity, id, outcome, ({ json, version }) => {
    exchange.headers.push('Location', `${entity.path}/${id}`);
    answerJson(exchange, version > 1 && type.changes ? 200 : entity.http.accepted ? 202 : 201, json);
  });
};

// the whole body may be one field of the input
const inputOf = ({ http }: Entity, body: unknown): unknown => (http.body === undefined ? body : { [http.body]: body });

const pointInto = ({ http }: Entity, faults: Fault[]): Fault[] =>
  http.body === undefined
    ? faults
    : faults.map((fault) => ({ ...fault, pointer: fault.pointer.slice(`/${http.body}`.length) }));

// its address is that of the list, which has no ETag. A condition that is not looked at must not be ignored
const notConditional = ({ name, path, isRecord, creating }: Entity, header: string): Problem => {
  if (creating.changes)
    return takesNoCondition(header, 'This address takes', `; send them with POST ${path}/{id}:${creating.name}`);
  const other = isRecord ? `; for a create only if the id is free, send PUT ${path}/{id} with If-None-Match: *` : '';
  return takesNoCondition(header, `A create never changes ${withArticle(name)} that exists, and takes`, other);
};
