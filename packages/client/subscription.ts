import type { BackOff } from './back-off.ts';

/** An event of the feed, with the attributes of CloudEvents 1.0. `data` are missing if the entity hides them. */
export type FeedEvent = {
  specversion: string;
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  datacontenttype: string;
  entity: string;
  version: number;
  requestid?: string;
  actor?: string;
  data?: Record<string, unknown>;
  state?: unknown; // with `state=true`
  fields?: Record<string, unknown> | null; // with `state=full`
  originsite?: string; // the event of another site whose state this one took over
  originid?: string;
  originversion?: number;
};

/** `list` is the whole list. The others are changes of it. */
export type ChangeKind = 'list' | 'added' | 'changed' | 'removed' | 'moved';

/** The data of a change. Which fields it has depends on its kind. */
export type ListChange = {
  items?: readonly unknown[];
  asOf?: string;
  at?: number;
  from?: number;
  to?: number;
  id?: string;
  item?: unknown;
};

/**
 * What a subscription tells about itself:
 * - `connecting`: before each request.
 * - `live`: with the first message of a connection.
 * - `stale`: each time a connection ended, was silent for too long or could not be made, and another attempt follows.
 *   `sinceMs` is the time since the last byte from a server, in milliseconds. It is undefined if there never was one.
 * - `lost`: the position cannot be resumed. `onLost` says what follows.
 * - `closed`: once, at the end. With the error that ended the subscription, if there was one.
 */
export type Status =
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'stale'; sinceMs: number | undefined; reason: string }
  | { kind: 'lost'; reason: string }
  | { kind: 'closed'; error?: unknown };

/** After a position is lost: end with an error, begin at the start of the log, or go on with what comes from now on. */
export type OnLost = 'stop' | 'start' | 'now';

export type SubscribeOptions<Item = Record<string, unknown>> = {
  /** Gets each event. The next message is taken, and the position moves, when its promise resolves. */
  onEvent?: (event: FeedEvent, about: { position: string }) => unknown;
  /** Gets the whole list as a new frozen array, whenever it changed. `asOf` is a time if the list is not current. */
  onList?: (items: readonly Item[], about: { asOf: string | undefined }) => unknown;
  /** Gets the whole list once for each connection, then single changes of it. */
  onChange?: (kind: ChangeKind, change: ListChange) => unknown;
  onStatus?: (status: Status) => void;
  /** Begins behind this position. It counts more than `from`. */
  after?: string;
  /** Begins with all events of the log. */
  from?: 'start';
  /** What follows when the position is lost; `stop` unless given. */
  onLost?: OnLost;
  /** An API key, sent as `Authorization: Bearer KEY`. */
  key?: string;
  headers?: Record<string, string>;
  /** Closes the subscription when it aborts. */
  signal?: AbortSignal;
  /** Replaces the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** After so many milliseconds without a byte the connection is given up; 40,000 unless given. */
  staleAfterMs?: number;
  /** The longest pause between two attempts, in milliseconds; 30,000 unless given. `Retry-After` may ask for more. */
  maxPauseMs?: number;
};

/** Why a subscription ended. `status` and `detail` are those of the answer, `reason` that of the last message. */
export type SubscriptionError = Error & { status?: number; detail?: string; reason?: string };

/** What a subscription knows. A plain value, changed only in this room. */
export type State = {
  url: string | (() => string);
  options: SubscribeOptions<never>;
  position: string | undefined; // of the last message that was handled
  from: 'start' | 'now' | undefined; // instead of what the url asks for
  heardAt: number | undefined; // in milliseconds, monotonic: when the last byte came
  backOff: BackOff;
  staleAfterMs: number;
  over: AbortController; // aborted when the subscription is to end
};

/** How a connection ended. */
export type Ended =
  | { kind: 'closed' }
  | { kind: 'broken'; reason: string; isPlanned?: boolean; retryAfterMs?: number }
  | { kind: 'lost'; reason: string }
  | { kind: 'refused'; error: SubscriptionError };

/** Makes an error that ends a subscription. */
export const subscriptionError = (
  message: string,
  about: Pick<SubscriptionError, 'status' | 'detail' | 'reason'> = {},
): SubscriptionError => Object.assign(new Error(message), about);
