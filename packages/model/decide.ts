import { unsure } from './compile-value.ts';
import type { Decided } from './decision.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { About, CommandType, Entity, EventType } from './entity.ts';
import { findDataProblem, shapeOf } from './event.ts';
import { isGone } from './is-gone.ts';
import { meets, type Precondition } from './precondition.ts';
import { type Active, evolve, type State } from './state.ts';
import { encodeFields, encodeState } from './state-codec.ts';
import type { Fields } from './stored-event.ts';
import { withoutUndefined } from './without-undefined.ts';

/** What is asked of a thing, perhaps only if its state meets a precondition. `site`: where, by name. */
export type Command = { type: CommandType; input: Fields; precondition?: Precondition; site?: string };

/** Why a command is refused: one of the engine's reasons, or one that the entity declares. */
export type EngineRefusal = 'NotFound' | 'Deleted' | 'Exists' | 'OtherVersion';

/** The event that a command leads to. The events of records have no `shape`. */
export type DecidedEvent = { type: string; data: Fields; shape?: number };

/** `next` is the state after the event. */
export type Decision =
  | { kind: 'event'; event: DecidedEvent; next: State }
  | { kind: 'unchanged' }
  | { kind: 'refused'; reason: EngineRefusal }
  | { kind: 'declared'; reason: string; detail: string | undefined };

/** An entity's own code that failed, or gave what it must not give. The message says which and how. */
export class EntityBroken extends Error {
  override name = 'EntityBroken';
}

/**
 * What a command leads to on this state at this time: one event, nothing since it is so already, or the state of things
 * that forbids it. Pure. Throws EntityBroken where the entity's `decide` or `evolve` fails.
 */
export const decide = (entity: Entity, command: Command, state: State, now: Date): Decision => {
  const { type, input, precondition, site = '' } = command;
  const about = { site };
  if (!type.changes) {
    if (state.status === 'active' && runGone(entity, type, state)) return refused('Deleted');
    if (state.status !== 'absent') return refused(precondition ? notMetBy(state) : 'Exists');
    if (precondition && !meets(state, precondition)) return refused('OtherVersion');
    return settle(entity, type, state, now, runDecide(entity, type, input, undefined, now, about));
  }
  if (state.status === 'absent' && !type.creates) return refused('NotFound');
  if (state.status === 'deleted' || isGoneFor(entity, type, state)) return refused('Deleted');
  if (precondition && !meets(state, precondition)) return refused('OtherVersion');
  if (state.status === 'absent')
    return settle(entity, type, state, now, runDecide(entity, type, input, undefined, now, about));
  return settle(
    entity,
    type,
    state,
    now,
    runDecide(entity, type, input, entity.isRecord ? state.fields : deepFreeze(state.fields), now, about),
  );
};

// a deleted thing is gone, whatever the precondition
const notMetBy = ({ status }: State): EngineRefusal => (status === 'deleted' ? 'Deleted' : 'OtherVersion');

const isGoneFor = (entity: Entity, type: CommandType, state: State): boolean =>
  state.status === 'active' && !type.revives && runGone(entity, type, state);

const runGone = (entity: Entity, type: CommandType, state: Active): boolean => {
  try {
    return isGone(entity, state);
  } catch (error) {
    throw broken(entity, type, `the gone of its entity throws: ${messageOf(error)}`, error);
  }
};

const runDecide = (
  entity: Entity,
  type: CommandType,
  input: Fields,
  fields: Fields | undefined,
  now: Date,
  about: About,
): Decided => {
  try {
    return type.decide(input, fields, now, about);
  } catch (error) {
    throw broken(entity, type, `its decide throws: ${messageOf(error)}`, error);
  }
};

/** A decision of the entity, once it is known to be one that the engine can carry out. */
const settle = (entity: Entity, command: CommandType, state: State, now: Date, decided: Decided): Decision => {
  if (typeof decided !== 'object' || decided === null || decided instanceof Promise)
    throw broken(entity, command, 'its decide must return an event, unchanged or refuse(…), and at once');
  switch (decided.kind) {
    case 'unchanged':
      if (state.status === 'absent')
        throw broken(entity, command, 'a command that creates must give an event, or refuse');
      return { kind: 'unchanged' };
    case 'refused':
      if (entity.refusals.has(decided.reason))
        return { kind: 'declared', reason: decided.reason, detail: decided.detail?.slice(0, detailMax) };
      throw broken(entity, command, `it refuses with ${JSON.stringify(decided.reason)}, which is not declared`);
    default:
      return eventOf(entity, command, state, now, decided);
  }
};

const detailMax = 500; // letters of a refusal's detail

const eventOf = (
  entity: Entity,
  command: CommandType,
  state: State,
  now: Date,
  { type, data: given }: { type: string; data: Fields },
): Decision => {
  const known = entity.events.get(type);
  if (!known) throw broken(entity, command, `it gives an event of the unknown type ${JSON.stringify(type)}`);
  if (known.creates !== (state.status === 'absent'))
    throw broken(entity, command, `it gives ${type}, which ${known.creates ? 'creates' : 'does not create'} a thing`);
  if (typeof given !== 'object' || given === null)
    throw broken(entity, command, `it gives ${type} without data: give an object, such as {}`);
  const data = withoutUndefined(given);
  const misfit = findMisfit(entity, known, data);
  if (misfit) throw broken(entity, command, `it gives ${type} with data that does not fit: ${misfit}`);
  try {
    const next = evolve(entity, state, { type, data, version: state.version + 1, at: now });
    if (entity.isRecord) return { kind: 'event', event: { type, data }, next };
    // both throw for what no database and no reader can have, such as a function
    encodeFields(data);
    encodeState(next);
    return { kind: 'event', event: { type, data, shape: shapeOf(known) }, next };
  } catch (failure) {
    throw broken(entity, command, messageOf(failure), failure);
  }
};

/** Why the data must not go into the log: a rule of its schema, or that no reader would understand it. */
const findMisfit = (entity: Entity, known: EventType, data: Fields): string | undefined => {
  if (entity.isRecord) return findDataProblem(entity, known, data);
  if (known.check(data) !== unsure) return undefined;
  return known.schema.validate(data).error?.message ?? findDataProblem(entity, known, data);
};

const refused = (reason: EngineRefusal): Decision => ({ kind: 'refused', reason });

const broken = (entity: Entity, command: CommandType, why: string, cause?: unknown): EntityBroken =>
  new EntityBroken(`Cannot run ${command.name} of entity "${entity.name}": ${why}; mend the entity's file`, { cause });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
