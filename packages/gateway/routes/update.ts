import { type CommandType, type Entity, type Fault, findIdFaults, parseInput } from '@muster/model';
import { answerJson } from '../answer-json.ts';
import { answerOutcome } from '../answer-outcome.ts';
import type { Exchange } from '../exchange.ts';
import { executeCommand } from '../execute-command.ts';
import type { Gateway } from '../gateway.ts';
import type { Outcome } from '../outcome.ts';
import { answerProblem, invalid } from '../problem.ts';
import { requestOf } from '../request-of.ts';
import { requirePrecondition } from '../require-precondition.ts';
import { findOtherId, inPath } from './command.ts';

/**
 * PUT or PATCH /api/user/{id}, or PUT /api/user with the id in the body: runs the command `update` of a record. A PUT
 * with `If-None-Match: *` runs the command that creates: such a request must not change a thing that is there.
 */
export const update = async (
  gateway: Gateway,
  entity: Entity,
  updating: CommandType,
  exchange: Exchange,
  idInPath: string | undefined,
  mayCreate: boolean,
): Promise<void> => {
  const required = requirePrecondition(gateway, exchange);
  if (required.kind === 'problem') return answerProblem(exchange, required.problem);
  const precondition = required.value;
  const mustCreate = precondition?.noneMatch === 'any' && mayCreate;
  const whole = mustCreate ? parseInput(entity.creating, exchange.input) : undefined;
  // too little to create: what is there says 412 or 410 all the same
  const isCreating = whole?.kind === 'input';
  const parsed = isCreating ? whole : parseInput(updating, exchange.input);
  if (parsed.kind === 'faults')
    return answerProblem(exchange, invalid(whole?.kind === 'faults' ? whole.faults : parsed.faults));
  const id = idInPath ?? parsed.id;
  const faults: Fault[] =
    id === undefined
      ? [{ pointer: '/id', code: 'required', detail: '"id" is required, in the path or in the body' }]
      : findIdFaults(id).map(idInPath === undefined ? asIs : inPath);
  faults.push(...findOtherId(parsed, id));
  if (id === undefined || faults.length > 0) return answerProblem(exchange, invalid(faults));
  const command = { type: isCreating ? entity.creating : updating, input: parsed.fields, precondition };
  const outcome = await executeCommand(gateway, { entity, id, command, ...requestOf(gateway, exchange) });
  if (whole?.kind === 'faults' && isAbsent(outcome)) return answerProblem(exchange, invalid(whole.faults));
  answerOutcome(exchange, entity, id, outcome, ({ json }) => {
    if (isCreating) exchange.headers.push('Location', `${entity.path}/${id}`);
    answerJson(exchange, isCreating ? 201 : 200, json);
  });
};

const asIs = (fault: Fault): Fault => fault;

const isAbsent = (outcome: Outcome): boolean => outcome.kind === 'refused' && outcome.state.status === 'absent';
