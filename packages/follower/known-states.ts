import type { Entity, State } from '@muster/model';

/**
 * States of things of this site that the follower wrote or read last, in the order of their use. They may be older than
 * the log. A plain value. Only this file changes it.
 */
export type KnownStates = Map<string, State>;

const statesMax = 20_000;

export const openKnownStates = (): KnownStates => new Map();

/** Returns the last known state of a thing. */
export const knownOf = (known: KnownStates, entity: Entity, id: string): State | undefined =>
  known.get(`${entity.name}:${id}`);

/** Notes a state of a thing as the last known one. Drops the one that was not used for the longest time. */
export const noteKnown = (known: KnownStates, entity: Entity, id: string, state: State): void => {
  const key = `${entity.name}:${id}`;
  known.delete(key);
  known.set(key, state);
  if (known.size <= statesMax) return;
  for (const oldest of known.keys()) {
    known.delete(oldest);
    return;
  }
};

/** Forgets all states, as the log was replaced. */
export const forgetKnown = (known: KnownStates): void => known.clear();
