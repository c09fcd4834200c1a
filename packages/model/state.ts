import { type Deletes, deleted } from './decision.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { Entity, EventType } from './entity.ts';
import { parseEvent } from './event.ts';
import { findFieldProblem } from './find-field-problem.ts';
import type { Event, Fields, StoredEvent } from './stored-event.ts';
import { withoutUndefined } from './without-undefined.ts';

/** The fold of the events of a stream. The version is the version of the last event, or 0 without events. */
export type State =
  | { status: 'absent'; version: number }
  | { status: 'active'; version: number; fields: Fields; createdAt: Date; updatedAt: Date }
  | { status: 'deleted'; version: number; createdAt: Date; deletedAt: Date };

export type Active = Extract<State, { status: 'active' }>;
export type Deleted = Extract<State, { status: 'deleted' }>;

export const absent: State = { status: 'absent', version: 0 };

/**
 * Returns the state after the event. An event that does not fit changes only the version: it is in the log, so it
 * happened. Throws an Error if the entity's `evolve` throws, or returns something that is not a state of the entity.
 */
export const evolve = (entity: Entity, state: State, event: Event): State => {
  const { version, at } = event;
  const type = entity.events.get(event.type);
  if (!type || state.status !== (type.creates ? 'absent' : 'active')) return { ...state, version };
  const fields = runEvolve(entity, type, state.status === 'active' ? state.fields : undefined, event);
  if (state.status !== 'active')
    return { status: 'active', version, fields: asFields(entity, fields, type.type), createdAt: at, updatedAt: at };
  const { createdAt } = state;
  return fields === deleted
    ? { status: 'deleted', version, createdAt, deletedAt: at }
    : { status: 'active', version, fields: asFields(entity, fields, type.type), createdAt, updatedAt: at };
};

/** Returns the state after these events, starting from `from`. Throws as `evolve` does. */
export const fold = (entity: Entity, events: readonly Event[], from: State = absent): State =>
  events.reduce((state, event) => evolve(entity, state, event), from);

/** The state after a stored event, or the problem that keeps it from being applied. */
export type Applied = { kind: 'state'; state: State } | { kind: 'poison'; problem: string };

/** Applies a stored event to a state. Never throws: a problem of the event or of the entity's code is poison. */
export const applyStored = (entity: Entity, state: State, stored: StoredEvent): Applied => {
  const parsed = parseEvent(entity, stored);
  if (parsed.kind === 'poison') return parsed;
  try {
    return { kind: 'state', state: evolve(entity, state, parsed.event) };
  } catch (error) {
    return { kind: 'poison', problem: messageOf(error) };
  }
};

const runEvolve = (entity: Entity, type: EventType, fields: Fields | undefined, event: Event): Fields | Deletes => {
  try {
    return type.evolve(entity.isRecord ? fields : deepFreeze(fields), event); // a change of the old state must fail
  } catch (error) {
    throw new Error(`the evolve of ${type.type} throws: ${messageOf(error)}`, { cause: error });
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Checks the fields that an `evolve` returns. Those of records come from checked events. */
const asFields = (entity: Entity, fields: Fields | Deletes, type: string): Fields => {
  if (entity.isRecord) return fields as Fields;
  if (!isPlain(fields)) throw new Error(`the evolve of ${type} does not give a state, which is a plain object`);
  const kept = withoutUndefined(fields);
  const found = findFieldProblem(entity.fields, entity.requiredNames, kept);
  switch (found?.kind) {
    case undefined:
      return kept;
    case 'unknown':
      throw new Error(`the evolve of ${type} gives a field "${found.name}", which the state does not have`);
    case 'type':
      throw new Error(`the evolve of ${type} gives a field "${found.name}" that is not of type ${found.expected}`);
    case 'missing':
      throw new Error(`the evolve of ${type} gives a state without the field "${found.name}"`);
  }
};

// otherwise a Promise or a Map would count as a state without its optional fields
const isPlain = (value: Fields | Deletes): value is Fields =>
  typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
