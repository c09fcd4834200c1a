import { pause } from '@muster/runtime';
import type { Gateway } from '../gateway.ts';
import type { Query } from '../parse-past.ts';
import { type Problem, unavailable } from '../problem.ts';
import type { Subscriber } from './feed.ts';
import type { Outlet } from './outlet.ts';
import { ensureFeed } from './run-feed.ts';
import { addSubscriber, endSubscriber, removeSubscriber } from './subscribers.ts';

/** How a client asks for a subscription, by server-sent events or by a WebSocket. */
export type Asking = {
  query: Query;
  lastEventId: string; // the position behind which it resumes, if it is not in the query
  client: string; // its key or its address
  isAllowed: () => boolean; // whether its key still counts
  isSite: () => boolean; // whether its key allows to follow as another site
  outlet: Outlet;
  begin: () => void; // called before the first message
  onOpen: (subscriber: Subscriber) => void; // called at once: the connection may close before the subscription begins
};

const openedWithinMs = 5_000;
const openedEveryMs = 20;

/** Says what could not be done, in problems. */
export const cannot = 'Cannot subscribe';

/** Returns why a client cannot have one more subscription or WebSocket. */
export const findNoPlaceFor = ({ feed, settings, standing }: Gateway, client: string): Problem | undefined => {
  if (standing.stopping) return unavailable(`${cannot}: the gateway is stopping`);
  if (feed.subscribers.size + feed.sockets.size >= settings.LIVE_CONNECTIONS_MAX)
    return unavailable(
      `${cannot}: this gateway has ${settings.LIVE_CONNECTIONS_MAX} subscriptions, which is its limit`,
    );
  if ((feed.perClient.get(client) ?? 0) < settings.LIVE_CLIENT_MAX) return undefined;
  return {
    name: 'too-many-requests',
    detail: `A client may have ${settings.LIVE_CLIENT_MAX} subscriptions and WebSockets at once; close one first`,
  };
};

/**
 * Opens a subscription. `serve` calls its second parameter when the subscription begins, or returns a problem. Resolves
 * then. The subscription goes on until its connection closes or the gateway ends it.
 */
export const openSubscription = async (
  gateway: Gateway,
  { client, isAllowed, onOpen, outlet }: Asking,
  follows: Subscriber['follows'],
  position: string,
  serve: (subscriber: Subscriber, begin: () => void) => Promise<Problem | undefined>,
): Promise<Problem | undefined> => {
  const { feed, logger, metrics } = gateway;
  const subscriber: Subscriber = {
    ...{ outlet, client, isAllowed, follows, position, hasBegun: false, sentAt: performance.now() },
    onEnd: (reason) => metrics.liveEnded.inc({ reason }),
    ...{ stuckSince: undefined, onDrained: undefined, isOver: false, over: new AbortController() },
  };
  addSubscriber(feed, subscriber); // before anything is awaited: the connection may close meanwhile
  onOpen(subscriber);
  const problem = await new Promise<Problem | undefined>((resolve) => {
    const { signal } = subscriber.over;
    signal.addEventListener('abort', () => resolve(unavailable(`${cannot}: the subscription ended`)));
    const served = serveOpened(gateway, subscriber, serve, () => resolve(undefined));
    served.then(resolve, (error) => {
      if (!signal.aborted) logger.warn({ err: error }, 'A subscription ended: the log cannot be read');
      endSubscriber(feed, subscriber, 'unavailable');
    });
  });
  if (subscriber.hasBegun) return undefined;
  removeSubscriber(feed, subscriber);
  return problem;
};

const serveOpened = async (
  gateway: Gateway,
  subscriber: Subscriber,
  serve: (subscriber: Subscriber, begin: () => void) => Promise<Problem | undefined>,
  begin: () => void,
): Promise<Problem | undefined> => {
  ensureFeed(gateway);
  if (!(await untilOpened(gateway, subscriber.over.signal)))
    return unavailable(`${cannot}: the database does not answer`);
  return serve(subscriber, begin);
};

const untilOpened = async ({ feed }: Gateway, signal: AbortSignal): Promise<boolean> => {
  for (const untilMs = performance.now() + openedWithinMs; performance.now() < untilMs && !signal.aborted; ) {
    if (feed.isOpened) return true;
    await pause(openedEveryMs, signal);
  }
  return feed.isOpened && !signal.aborted;
};
