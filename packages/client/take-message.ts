import { applyChange, type LiveList, showList } from './live-list.ts';
import {
  type ChangeKind,
  type Ended,
  type FeedEvent,
  type ListChange,
  type State,
  subscriptionError,
} from './subscription.ts';

export type Message = { event: string; data: string; id: string };

/**
 * Gives a message to the handlers, and waits for them. Then the position moves. Returns how the connection ends, if it
 * has to. Throws what a handler throws.
 */
export const takeMessage = async (state: State, list: LiveList, message: Message): Promise<Ended | undefined> => {
  const { onEvent, onChange } = state.options;
  const { event, data, id } = message;
  switch (event) {
    case 'message':
      if (onEvent) await onEvent(parseData(message) as FeedEvent, { position: id });
      break;
    case 'list':
    case 'added':
    case 'changed':
    case 'removed':
    case 'moved': {
      const change = parseData(message) as ListChange;
      if (!applyChange(list, event, change)) return unfit(event, data);
      if (onChange) await onChange(event, change);
      if (event === 'list') await tellList(state, list, change.asOf);
      break;
    }
    case 'bookmark':
      await tellList(state, list, (parseData(message) as ListChange).asOf);
      break;
    case 'end':
      return endOf(state, parseData(message) as { reason?: string; position?: string });
  }
  takePosition(state, id);
  return undefined;
};

/** Notes a position. An empty one is none, as the first bookmark may have: what is known counts more. */
export const takePosition = (state: State, id: string): void => {
  if (id !== '') state.position = id;
};

const tellList = async ({ options }: State, list: LiveList, asOf: string | undefined): Promise<void> => {
  const items = showList(list, asOf);
  if (items && options.onList) await options.onList(items as readonly never[], { asOf });
};

const parseData = ({ event, data }: Message): object => {
  try {
    return Object(JSON.parse(data));
  } catch {
    throw subscriptionError(`Cannot read a message "${event}": its data are not JSON: ${data.slice(0, 100)}`);
  }
};

// the server sends the whole list to a new connection
const unfit = (kind: ChangeKind, data: string): Ended => ({
  kind: 'broken',
  reason: `a change "${kind}" does not fit the list: ${data.slice(0, 100)}`,
});

const endOf = (state: State, { reason = 'unknown', position = '' }: { reason?: string; position?: string }): Ended => {
  switch (reason) {
    case 'reached':
      takePosition(state, position);
      state.over.abort();
      return { kind: 'closed' };
    case 'position-lost':
    case 'log-replaced':
      return { kind: 'lost', reason };
    case 'key-refused':
      return {
        kind: 'refused',
        error: subscriptionError('The subscription ended: the key was revoked, or has expired', { reason }),
      };
    default:
      return { kind: 'broken', reason: `the server ended it: ${reason}`, isPlanned: reason === 'stopping' };
  }
};
