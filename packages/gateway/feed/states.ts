import { absent, applyStored, type Entity, type State } from '@muster/model';
import type { StoredEvent } from '@muster/store';

/**
 * What an event did: the states before and after it. `before` is undefined if only the state after it is known.
 * `unclear`: the event, or one before it in its stream, cannot be applied.
 */
export type Change = { kind: 'change'; before: State | undefined; after: State } | { kind: 'unclear' };

/** Whether the state before an event must be known, or only the one after it. */
export type Needs = 'both' | 'after';

/** The newest known states of streams. A plain value. Only this file changes it. */
export type States = Map<string, State>;

const statesMax = 20_000;

export const openStates = (): States => new Map();

/** Returns what an event did, if that is known without a question. */
export const findChange = (states: States, entity: Entity, event: StoredEvent): Change | undefined => {
  const { entityId, version } = event;
  const before = version === 1 ? absent : states.get(keyOf(entity, entityId));
  return before?.version === version - 1 ? applyTo(states, entity, before, event) : undefined;
};

/** Applies an event to the state before it, and notes the state after it. */
export const applyTo = (states: States, entity: Entity, before: State, event: StoredEvent): Change => {
  const applied = applyStored(entity, before, event);
  if (applied.kind === 'poison') {
    states.delete(keyOf(entity, event.entityId));
    return { kind: 'unclear' };
  }
  noteState(states, entity, event.entityId, applied.state);
  return { kind: 'change', before, after: applied.state };
};

/** Notes a state, unless a newer one is known. */
export const noteState = (states: States, entity: Entity, id: string, state: State): void => {
  const key = keyOf(entity, id);
  if ((states.get(key)?.version ?? 0) > state.version) return;
  states.delete(key);
  states.set(key, state);
  if (states.size <= statesMax) return;
  for (const oldest of states.keys()) {
    states.delete(oldest);
    return;
  }
};

const keyOf = ({ name }: Entity, id: string) => `${name}:${id}`;
