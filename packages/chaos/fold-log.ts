import type { StoredEvent } from '@muster/store';
import type { User } from './history.ts';

/** A user as the log has it, told by this file alone: what is tested must not be its own judge. */
export type Folded = {
  status: 'absent' | 'active' | 'deleted';
  user: User | undefined;
  createdAt: Date | undefined;
  changedAt: Date | undefined;
};

/**
 * What the log holds of users: each stream's events in order, the state at each version (0 is before the first), and
 * the events by request.
 */
export type FoldedLog = {
  events: readonly StoredEvent[];
  streams: Map<string, StoredEvent[]>;
  states: Map<string, Folded[]>;
  byRequest: Map<string, StoredEvent[]>;
};

export const foldLog = (events: readonly StoredEvent[]): FoldedLog => {
  const streams = groupBy(events, ({ entityId }) => entityId);
  for (const stream of streams.values()) stream.sort((a, b) => a.version - b.version);
  const states = new Map([...streams].map(([id, stream]) => [id, statesOf(id, stream)]));
  return { events, streams, states, byRequest: groupBy(events, ({ meta }) => meta.requestId) };
};

/** The state at a version; undefined where the stream does not have it. */
export const stateAt = ({ states }: FoldedLog, id: string, version: number): Folded | undefined =>
  version === 0 ? absent : states.get(id)?.[version];

/** The state now, and its version. */
export const lastState = (folded: FoldedLog, id: string): Folded & { version: number } => {
  const version = (folded.states.get(id)?.length ?? 1) - 1;
  return { ...(stateAt(folded, id, version) ?? absent), version };
};

const absent: Folded = { status: 'absent', user: undefined, createdAt: undefined, changedAt: undefined };

const statesOf = (id: string, stream: readonly StoredEvent[]): Folded[] => {
  const states = [absent];
  for (const event of stream) states.push(after(id, states.at(-1) ?? absent, event));
  return states;
};

const after = (id: string, before: Folded, { type, data, at }: StoredEvent): Folded => {
  switch (type) {
    case 'UserCreated':
      return { status: 'active', user: { id, ...data }, createdAt: at, changedAt: at };
    case 'UserUpdated':
      return { ...before, user: { ...before.user, ...data }, changedAt: at };
    case 'UserDeleted':
      return { ...before, status: 'deleted', user: undefined, changedAt: at };
    default:
      throw new Error(`The log has an event of the type ${type}`);
  }
};

export const groupBy = <Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> => {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
};
