import { absent, type CommandType, decide, EntityBroken, isId, parseInput } from '@muster/model';
import { databaseNow } from '@muster/store';
import { loadFirstState } from './first-state.ts';
import type { Gateway } from './gateway.ts';
import { loadThing } from './load-thing.ts';
import { type FirstFailed, leftMs, notWritten, type Outcome, type OwnOutcome, type Request } from './outcome.ts';
import { whyFailed } from './why-failed.ts';

type Execute = (gateway: Gateway, request: Request) => Promise<OwnOutcome>;

/**
 * Carries out a command, and before it the command that goes first. The event of the first one is in the log of the
 * other thing before the event of this one. So the order of that stream decides whether this command was allowed. A
 * crash in between, or a refusal of the second one, leaves the first event without a meaning. Both have one deadline.
 */
export const executeAfterFirst = async (gateway: Gateway, request: Request, execute: Execute): Promise<Outcome> => {
  const known = await findKnownOutcome(gateway, request);
  if (known) return known;
  const failed = await executeFirst(gateway, request, execute);
  return failed ?? execute(gateway, request);
};

/** The outcome without an event, if the state of the thing shows it. So a refused command leaves nothing anywhere. */
const findKnownOutcome = async (gateway: Gateway, request: Request): Promise<OwnOutcome | undefined> => {
  try {
    return request.isNewId ? undefined : await decideBefore(gateway, request);
  } catch (error) {
    if (error instanceof EntityBroken) throw error;
    return notWritten(whyFailed(gateway, error));
  }
};

const decideBefore = async (gateway: Gateway, request: Request): Promise<OwnOutcome | undefined> => {
  const { entity, id, command } = request;
  // for a command that creates, a thing that exists or existed is certain from any state
  const { state, parked } = !command.type.changes
    ? await loadFirstState(gateway, request, undefined)
    : await loadThing(gateway, entity, id, leftMs(request));
  if (parked) return { kind: 'parked', state, problem: parked.problem };
  const decision = decide(entity, command, state, databaseNow(gateway.clock));
  switch (decision.kind) {
    case 'event':
      return undefined;
    case 'unchanged':
      return { kind: 'done', state };
    case 'refused':
    case 'declared':
      return { kind: 'refused', refusal: decision, state };
  }
};

/** Carries out the command that goes first. Undefined if it is done, or if the reference names no thing. */
const executeFirst = async (gateway: Gateway, request: Request, execute: Execute): Promise<FirstFailed | undefined> => {
  const { first } = request.command.type;
  const entity = gateway.entities.find(({ name }) => name === first?.reference.entity);
  const id = request.command.input[first?.reference.field ?? ''];
  if (!first || !entity || id === undefined || id === null) return undefined;
  const type = entity.commands.get(first.command) as CommandType; // the check at the start has found it
  const outcome = isId(id)
    ? await execute(gateway, { ...request, entity, id: String(id), isNewId: false, command: commandOf(request, type) })
    : notFound;
  if (outcome.kind === 'done') return undefined;
  return { kind: 'firstFailed', reference: first.reference, entity, id: String(id), outcome };
};

const notFound: OwnOutcome = {
  kind: 'refused',
  refusal: { kind: 'refused', reason: 'NotFound' },
  state: absent,
};

const commandOf = ({ entity, id, command }: Request, type: CommandType): Request['command'] => {
  const input = command.type.first?.input(command.input, id);
  const parsed = parseInput(type, input);
  if (parsed.kind === 'input') return { type, input: parsed.fields };
  const faults = parsed.faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ');
  throw new EntityBroken(
    `Cannot run ${command.type.name} of entity "${entity.name}": the input of its "first" does not fit ` +
      `${type.name}: ${faults}; mend the entity's file`,
  );
};
