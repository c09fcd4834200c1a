import type { Event } from './event.ts';
import type { Fields } from './stored-event.ts';

/** What the events of a stream fold to. The version is that of the last event, 0 where there is none. */
export type State =
  | { status: 'absent'; version: number }
  | { status: 'active'; version: number; fields: Fields; createdAt: Date; updatedAt: Date }
  | { status: 'deleted'; version: number; createdAt: Date; deletedAt: Date };

export type Active = Extract<State, { status: 'active' }>;
export type Deleted = Extract<State, { status: 'deleted' }>;

export const absent: State = { status: 'absent', version: 0 };

/**
 * The state after the event. Total: an event that does not fit moves the version and nothing else, since the log is
 * what happened.
 */
export const evolve = (state: State, event: Event): State => {
  switch (event.kind) {
    case 'created':
      return state.status === 'absent'
        ? { status: 'active', version: event.version, fields: event.data, createdAt: event.at, updatedAt: event.at }
        : moved(state, event);
    case 'updated':
      return state.status === 'active'
        ? {
            status: 'active',
            version: event.version,
            fields: { ...state.fields, ...event.data },
            createdAt: state.createdAt,
            updatedAt: event.at,
          }
        : moved(state, event);
    case 'deleted':
      return state.status === 'active'
        ? { status: 'deleted', version: event.version, createdAt: state.createdAt, deletedAt: event.at }
        : moved(state, event);
  }
};

/** The state after all these events, from `from` or from nothing. */
export const fold = (events: readonly Event[], from: State = absent): State => events.reduce(evolve, from);

const moved = (state: State, event: Event): State => ({ ...state, version: event.version });
