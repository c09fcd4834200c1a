import type { StoredEvent } from '@muster/store';
import { absent, type Folded, type Subject, subjects } from './subjects.ts';

/**
 * What the log holds of one entity: each stream's events in order, the state at each version (0 is before the first),
 * and the events by request.
 */
export type FoldedLog = {
  subject: Subject;
  events: readonly StoredEvent[];
  streams: Map<string, StoredEvent[]>;
  states: Map<string, Folded[]>;
  byRequest: Map<string, StoredEvent[]>;
};

/** Folds the events of one entity. */
export const foldLog = (events: readonly StoredEvent[], subject: Subject = subjects.user): FoldedLog => {
  const streams = groupBy(events, ({ entityId }) => entityId);
  for (const stream of streams.values()) stream.sort((a, b) => a.version - b.version);
  const states = new Map([...streams].map(([id, stream]) => [id, statesOf(subject, id, stream)]));
  return { subject, events, streams, states, byRequest: groupBy(events, ({ meta }) => meta.requestId) };
};

/** Returns the state at a version, or undefined if the stream does not have that version. */
export const stateAt = ({ states }: FoldedLog, id: string, version: number): Folded | undefined =>
  version === 0 ? absent : states.get(id)?.[version];

/** Returns the current state and its version. */
export const lastState = (folded: FoldedLog, id: string): Folded & { version: number } => {
  const version = (folded.states.get(id)?.length ?? 1) - 1;
  return { ...(stateAt(folded, id, version) ?? absent), version };
};

const statesOf = ({ after }: Subject, id: string, stream: readonly StoredEvent[]): Folded[] => {
  const states = [absent];
  for (const event of stream) states.push(after(id, states.at(-1) ?? absent, event));
  return states;
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
