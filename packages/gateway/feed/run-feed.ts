import { backOffMs } from '@muster/runtime';
import { type FeedItem, followFeed, logIdOf } from '@muster/store';
import type { Gateway } from '../gateway.ts';
import type { RingLimits } from './ring.ts';
import { pushChanges, resetRing } from './ring.ts';
import { endAll, pumpAll, tendAll } from './subscribers.ts';

// The change stream of the feed runs from the first subscriber on, until there was none for a while. A gateway without
// subscribers reads no events.

const idleMaxMs = 120_000;
const tendEveryMs = 1_000;

/** Starts to read the log into the ring, unless that goes on already. */
export const ensureFeed = (gateway: Gateway): void => {
  const { feed } = gateway;
  if (feed.running || gateway.standing.stopping) return;
  const running = new AbortController();
  feed.running = running;
  feed.idleSince = performance.now();
  const tending = setInterval(() => tend(gateway), tendEveryMs);
  void follow(gateway, running.signal)
    .catch((error) =>
      gateway.logger.error({ err: error }, 'The feed stopped, and starts anew with the next subscriber'),
    )
    .finally(() => {
      clearInterval(tending);
      endAll(feed, gateway.standing.stopping ? 'stopping' : 'position-lost');
      feed.isOpened = false;
      feed.running = undefined;
      resetRing(feed.ring);
    });
};

/** Ends all subscriptions, and the change stream. */
export const stopFeed = ({ feed }: Gateway): void => {
  endAll(feed, 'stopping');
  feed.running?.abort();
};

const tend = (gateway: Gateway) => {
  const { feed } = gateway;
  tendAll(gateway);
  if (feed.logId !== logIdOf(gateway.log)) startAnew(gateway, 'log-replaced');
  if (feed.subscribers.size === 0 && performance.now() - feed.idleSince > idleMaxMs) feed.running?.abort();
};

const startAnew = ({ feed, log }: Gateway, reason: 'log-replaced' | 'position-lost') => {
  endAll(feed, reason);
  resetRing(feed.ring);
  feed.logId = logIdOf(log);
};

const follow = async (gateway: Gateway, signal: AbortSignal): Promise<void> => {
  const { feed, log } = gateway;
  feed.logId = logIdOf(log);
  while (!signal.aborted) {
    for await (const item of followFeed(log, { from: undefined, signal, pauseMs: backOffMs })) take(gateway, item);
    feed.isOpened = false; // lost: it begins anew
    if (!signal.aborted) startAnew(gateway, 'position-lost');
  }
};

const take = (gateway: Gateway, item: FeedItem): void => {
  const { feed, logger } = gateway;
  switch (item.kind) {
    case 'opened':
      feed.isOpened = true;
      return;
    case 'changes':
      pushChanges(feed.ring, item.changes, limitsOf(gateway));
      return pumpAll(feed);
    case 'broken':
      return logger.warn({ err: item.error }, 'The change stream of the feed broke. Reopening it at its last position');
    case 'lost':
      return logger.warn({ err: item.error }, 'The feed has lost its place in the log. Subscribers are ended');
    case 'quiet':
      return;
  }
};

const limitsOf = ({ settings }: Gateway): RingLimits => ({
  eventsMax: settings.LIVE_RING_EVENTS,
  bytesMax: settings.LIVE_RING_BYTES,
});
