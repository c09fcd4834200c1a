import { longestPauseMs, pauseMsOf } from './back-off.ts';
import { connect } from './connect.ts';
import { pause } from './settle-in-time.ts';
import { type Ended, type State, type SubscribeOptions, subscriptionError } from './subscription.ts';

/** A running subscription. */
export type Subscription = {
  /** Ends the subscription. A handler that runs is not interrupted; no other one is called. */
  close: () => void;
  /** The position of the last message that was handled, to go on behind it later. Undefined before the first one. */
  readonly position: string | undefined;
  /** Resolves when the subscription was closed and its last handler is done. Rejects if an error ended it. */
  done: Promise<void>;
};

const [defaultRetryMs, defaultMaxPauseMs, defaultStaleAfterMs] = [2_000, 30_000, 40_000];

/**
 * Subscribes to a feed or a live list. Connects again when the connection breaks or is silent, and goes on behind the
 * last message that was handled. A function `url` is called for each attempt, so that it can name another gateway. Ends
 * when it is closed, when the server refuses it (the error has `status` and `detail`), when its position is lost and
 * `onLost` is `stop`, or with what a handler throws.
 */
export const subscribe = <Item = Record<string, unknown>>(
  url: string | (() => string),
  options: SubscribeOptions<Item> = {},
): Subscription => {
  const state = openState(url, options);
  const done = Promise.resolve().then(() => run(state)); // the caller has the subscription before any handler runs
  return {
    close: () => state.over.abort(),
    get position() {
      return state.position;
    },
    done,
  };
};

const openState = <Item>(url: string | (() => string), options: SubscribeOptions<Item>): State => {
  const { after, from, maxPauseMs = defaultMaxPauseMs, staleAfterMs = defaultStaleAfterMs } = options;
  return {
    ...{
      url,
      options,
      position: after || undefined,
      from,
      heardAt: undefined,
      staleAfterMs,
      over: new AbortController(),
    },
    backOff: { failures: 0, retryMs: defaultRetryMs, maxPauseMs },
  };
};

const run = async (state: State): Promise<void> => {
  const { options, over } = state;
  const { signal, onStatus } = options;
  const close = () => over.abort();
  signal?.addEventListener('abort', close);
  if (signal?.aborted) close();
  try {
    while (!over.signal.aborted) await attempt(state);
  } catch (error) {
    onStatus?.({ kind: 'closed', error });
    throw error;
  } finally {
    signal?.removeEventListener('abort', close);
    over.abort();
  }
  onStatus?.({ kind: 'closed' });
};

/** Connects once, and waits before the next attempt. Throws if there is to be none. */
const attempt = async (state: State): Promise<void> => {
  const startedAt = performance.now();
  const { ended, wasLive } = await connect(state);
  // only a connection that lasted longer than the pause that would follow it ends the doubling
  const hasLasted = wasLive && performance.now() - startedAt >= longestPauseMs(state.backOff);
  if (hasLasted) state.backOff.failures = 0;
  const pauseMs = takeEnd(state, ended);
  state.backOff.failures += 1;
  if (pauseMs > 0) await pause(pauseMs, state.over.signal);
};

/** Tells how a connection ended. Returns how many milliseconds to wait before the next one. Throws if there is none. */
const takeEnd = (state: State, ended: Ended): number => {
  const { backOff, heardAt, options } = state;
  const pauseMs = pauseMsOf(backOff, Math.random());
  switch (ended.kind) {
    case 'closed':
      return 0;
    case 'refused':
      throw ended.error;
    case 'lost':
      beginAnew(state, ended.reason);
      return pauseMs;
    case 'broken': {
      const sinceMs = heardAt === undefined ? undefined : performance.now() - heardAt;
      options.onStatus?.({ kind: 'stale', sinceMs, reason: ended.reason });
      // at once, but not if that did not help before
      if (ended.isPlanned && backOff.failures === 0) return 0;
      return pauseMs + (ended.retryAfterMs ?? 0);
    }
  }
};

const beginAnew = (state: State, reason: string): void => {
  const { onLost = 'stop', onStatus } = state.options;
  onStatus?.({ kind: 'lost', reason });
  if (onLost === 'stop')
    throw subscriptionError(`Cannot resume behind the position: ${reason}. ${whatToDo}`, { reason });
  state.position = undefined;
  state.from = onLost;
};

const whatToDo =
  "Subscribe with from: 'start', which repeats events, or read what you follow and subscribe without a position";
