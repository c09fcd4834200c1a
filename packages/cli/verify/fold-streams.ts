import { absent, applyStored, type Entity, type State } from '@muster/model';
import type { StoredEvent } from '@muster/store';

/**
 * A stream while its events come by in any order: only its state is kept, the states at the versions that memory and
 * the snapshot have, and events whose predecessors are still to come. A plain value, changed in this file only.
 */
export type Stream = {
  readonly entity: string;
  readonly id: string;
  position: number; // the versions 1 to this one have come
  state: State; // the fold of them, up to the first that cannot be understood
  poison: { version: number; problem: string } | undefined;
  ahead: Map<number, StoredEvent>;
  // two events of one version, or more of them out of order than are kept: to be looked at again
  isOdd: boolean;
  wanted: ReadonlySet<number>;
  kept: Map<number, State>; // by wanted version
};

/** How many events of a stream wait for their predecessors at most. */
export const aheadMax = 1_000;

export const openStream = (entity: string, id: string, wanted: ReadonlySet<number>): Stream => ({
  entity,
  id,
  position: 0,
  state: absent,
  poison: undefined,
  ahead: new Map(),
  isOdd: false,
  wanted,
  kept: new Map(),
});

/**
 * Takes one event of the stream, once. `entity` is undefined where this program knows none of that name: then all of it
 * is poison.
 */
export const takeStored = (stream: Stream, entity: Entity | undefined, stored: StoredEvent): void => {
  if (stored.version <= stream.position || stream.ahead.has(stored.version)) {
    stream.isOdd = true;
    return;
  }
  stream.ahead.set(stored.version, stored);
  if (stream.ahead.size > aheadMax) dropAhead(stream);
  for (let next = stream.ahead.get(stream.position + 1); next; next = stream.ahead.get(stream.position + 1)) {
    stream.ahead.delete(next.version);
    stream.position = next.version;
    step(stream, entity, next);
  }
};

const dropAhead = (stream: Stream) => {
  stream.ahead.clear();
  stream.isOdd = true;
};

const step = (stream: Stream, entity: Entity | undefined, stored: StoredEvent) => {
  if (stream.poison) return;
  const applied = entity
    ? applyStored(entity, stream.state, stored)
    : { kind: 'poison' as const, problem: `no entity "${stream.entity}" is known here` };
  if (applied.kind === 'poison') {
    stream.poison = { version: stored.version, problem: applied.problem };
    return;
  }
  stream.state = applied.state;
  if (stream.wanted.has(stream.state.version)) stream.kept.set(stream.state.version, stream.state);
};
