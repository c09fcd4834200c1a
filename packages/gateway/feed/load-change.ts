import { setTimeout as sleep } from 'node:timers/promises';
import type { Entity, State } from '@muster/model';
import type { StoredEvent } from '@muster/store';
import { readStateThen, type StateReply } from '@muster/wire';
import { askReplicas, type Held } from '../ask-replicas.ts';
import type { Gateway } from '../gateway.ts';
import { loadPastState } from '../load-past-state.ts';
import { applyTo, type Change, findChange, type Needs, noteState, type States } from './states.ts';

const triesForMs = 10_000;
const retryMs = 250;

/**
 * Returns what an event did: from a known state, from a replica, or from the log. Tries for ten seconds, then throws
 * what the last try threw; throws at once when `signal` aborts.
 */
export const loadChange = async (
  gateway: Gateway,
  states: States,
  entity: Entity,
  event: StoredEvent,
  needs: Needs,
  signal: AbortSignal,
): Promise<Change> => {
  for (const untilMs = performance.now() + triesForMs; ; ) {
    const known = findChange(states, entity, event);
    if (known) return known;
    try {
      return await tryToLoad(gateway, states, entity, event, needs);
    } catch (error) {
      if (performance.now() > untilMs || signal.aborted) throw error;
      await sleep(retryMs, undefined, { signal });
    }
  }
};

const tryToLoad = async (
  gateway: Gateway,
  states: States,
  entity: Entity,
  event: StoredEvent,
  needs: Needs,
): Promise<Change> => {
  const { entityId, version } = event;
  const held = await askForState(gateway, entity, entityId, version - 1);
  if (held?.version === version - 1) return applyTo(states, entity, held, event);
  if (held?.version === version && needs === 'after') {
    noteState(states, entity, entityId, held);
    return { kind: 'change', before: undefined, after: held };
  }
  const { DATABASE_DEADLINE_MS } = gateway.settings;
  if (needs === 'after') return loadAfter(gateway, states, entity, event);
  const past = await loadPastState(gateway, entity, entityId, { version: version - 1 }, DATABASE_DEADLINE_MS);
  const isClear = past.kind === 'state' && !past.parked && past.state.version === version - 1;
  return isClear ? applyTo(states, entity, past.state, event) : { kind: 'unclear' };
};

/** Loads only the state after an event: a record of this version may save reading all events of the stream. */
const loadAfter = async (gateway: Gateway, states: States, entity: Entity, event: StoredEvent): Promise<Change> => {
  const { entityId, version } = event;
  const { DATABASE_DEADLINE_MS } = gateway.settings;
  const past = await loadPastState(gateway, entity, entityId, { version }, DATABASE_DEADLINE_MS);
  if (past.kind !== 'state' || past.parked || past.state.version !== version) return { kind: 'unclear' };
  noteState(states, entity, entityId, past.state);
  return { kind: 'change', before: undefined, after: past.state };
};

const askForState = async (gateway: Gateway, entity: Entity, id: string, least: number): Promise<State | undefined> => {
  const held = await new Promise<Held<StateReply> | undefined>((resolve) =>
    askReplicas(gateway, entity, id, least, readStateThen, resolve),
  );
  return held?.reply.parked ? undefined : held?.reply.state;
};
