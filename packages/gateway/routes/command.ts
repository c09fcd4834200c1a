import { type Entity, type Fault, findIdFaults, type ParsedInput, parseInput } from '@muster/model';
import { answerJson } from '../answer-json.ts';
import { answerOutcome } from '../answer-outcome.ts';
import { chooseId } from '../choose-id.ts';
import type { Exchange } from '../exchange.ts';
import { executeCommand } from '../execute-command.ts';
import type { Gateway } from '../gateway.ts';
import { answerProblem, invalid, type Problem } from '../problem.ts';
import { requestOf } from '../request-of.ts';
import { requirePrecondition } from '../require-precondition.ts';

/** POST /api/account/{id}:{command}. The answer is 204 when the command deletes the thing. */
export const runCommand = async (
  gateway: Gateway,
  entity: Entity,
  exchange: Exchange,
  { id, command: name }: { id: string; command: string },
): Promise<void> => {
  const type = entity.commands.get(name);
  if (!type?.changes || type.isInternal) return answerProblem(exchange, noSuchCommand(entity, id, name));
  const parsed = parseInput(type, exchange.input);
  const faults = [...findIdFaults(id).map(inPath), ...faultsOf(parsed), ...findOtherId(parsed, id)];
  if (faults.length > 0 || parsed.kind === 'faults') return answerProblem(exchange, invalid(faults));
  const chosen = chooseId(entity, type, parsed.fields, id);
  if (chosen.kind === 'faults') return answerProblem(exchange, invalid(chosen.faults));
  const required = requirePrecondition(gateway, exchange);
  if (required.kind === 'problem') return answerProblem(exchange, required.problem);
  const command = { type, input: parsed.fields, precondition: required.value };
  const outcome = await executeCommand(gateway, { entity, id, command, ...requestOf(gateway, exchange) });
  answerOutcome(exchange, entity, id, outcome, ({ status, json }) => {
    if (status === 'active') answerJson(exchange, 200, json);
    else exchange.status = 204;
  });
};

/** A body may name the id, too: then it must be the one of the address. */
export const findOtherId = (parsed: ParsedInput, id: string | undefined): Fault[] =>
  parsed.kind === 'faults' || parsed.id === undefined || parsed.id === id
    ? []
    : [
        {
          pointer: '/id',
          code: 'other-id',
          detail: `"id" is "${parsed.id}", the path says "${id}": they must be the same`,
        },
      ];

/** A fault of the id in the path of the address. */
export const inPath = (fault: Fault): Fault => ({ ...fault, place: 'path' });

const faultsOf = (parsed: { kind: string; faults?: Fault[] }): Fault[] => parsed.faults ?? [];

const noSuchCommand = (entity: Entity, id: string, name: string): Problem => {
  const others = [...entity.commands.values()]
    .filter(({ changes, isInternal }) => changes && !isInternal)
    .map(({ name }) => name);
  const known = others.map((other) => `POST ${entity.path}/{id}:${other}`);
  return {
    name: 'no-such-command',
    entity: entity.name,
    detail:
      `Cannot run "${name.slice(0, 80)}" on ${entity.name} "${id.slice(0, 80)}": ` +
      `its commands are ${[...known, `POST ${entity.path} (${entity.creating.name})`].join(', ')}`,
    more: { commands: [entity.creating.name, ...others] },
  };
};
