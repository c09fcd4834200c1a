import { backOffMs, pause } from '@muster/runtime';
import { type FeedItem, followFeed, logIdOf } from '@muster/store';
import type { Gateway } from '../gateway.ts';
import { wakeLists } from '../live/wake-lists.ts';
import type { EndReason } from './feed.ts';
import { markOfLog } from './position.ts';
import { nextOf, notePlace, pushChanges, resetRing } from './ring.ts';
import { endAll, pumpNew, tendAll } from './subscribers.ts';

// The change stream of the feed runs from the first subscriber on, until there was none for a while. A gateway without
// subscribers reads no events.

const idleMaxMs = 120_000;
const tendEveryMs = 1_000;
const startAgainMs = 1_000;

/** Starts to read the log into the ring, unless that goes on already. */
export const ensureFeed = (gateway: Gateway): void => {
  const { feed, log, logger } = gateway;
  if (feed.running || gateway.standing.stopping) return;
  const running = new AbortController();
  feed.running = running;
  feed.logId = logIdOf(log);
  feed.mark = markOfLog(feed.logId);
  const tending = setInterval(() => tend(gateway), tendEveryMs);
  running.signal.addEventListener('abort', () => clearInterval(tending), { once: true });
  follow(gateway, running.signal).catch((error) => {
    if (running.signal.aborted) return;
    logger.error({ err: error }, 'The feed stopped, and starts anew with the next subscriber');
    halt(gateway, 'unavailable');
  });
};

/** Ends all subscriptions, and the change stream. */
export const stopFeed = (gateway: Gateway): void => halt(gateway, 'stopping');

/** Ends all subscriptions for this reason, and the change stream. The next subscriber starts another one. */
const halt = ({ feed }: Gateway, reason: EndReason) => {
  const { running } = feed;
  endAll(feed, reason);
  feed.running = undefined;
  feed.isOpened = false;
  resetRing(feed.ring);
  running?.abort();
};

const tend = (gateway: Gateway) => {
  const { feed } = gateway;
  if (feed.logId !== logIdOf(gateway.log)) return halt(gateway, 'log-replaced');
  tendAll(feed);
  if (feed.subscribers.size === 0 && performance.now() - feed.idleSince > idleMaxMs) halt(gateway, 'stopping');
};

const follow = async (gateway: Gateway, signal: AbortSignal): Promise<void> => {
  const { feed, log } = gateway;
  while (!signal.aborted) {
    for await (const item of followFeed(log, { from: undefined, signal, pauseMs: backOffMs }))
      if (!signal.aborted) take(gateway, item);
    if (signal.aborted) return;
    // lost: what follows does not follow what the ring has
    endAll(feed, 'position-lost');
    feed.isOpened = false;
    resetRing(feed.ring);
    await pause(startAgainMs, signal);
  }
};

const take = (gateway: Gateway, item: FeedItem): void => {
  const { feed, log, logger, settings } = gateway;
  if (feed.logId !== logIdOf(log)) return halt(gateway, 'log-replaced');
  switch (item.kind) {
    case 'opened':
      if (item.place !== undefined && feed.ring.latest === undefined) notePlace(feed.ring, item.place);
      if (!feed.isOpened) feed.openedAt = performance.now();
      feed.isOpened = true;
      feed.brokenSince = undefined;
      return;
    case 'changes': {
      const from = nextOf(feed.ring);
      pushChanges(feed.ring, item.changes, {
        eventsMax: settings.LIVE_RING_EVENTS,
        bytesMax: settings.LIVE_RING_BYTES,
      });
      pumpNew(feed, from);
      return wakeLists(feed);
    }
    case 'broken':
      feed.brokenSince ??= performance.now();
      return logger.warn({ err: item.error }, 'The change stream of the feed broke. Reopening it at its last position');
    case 'lost':
      return logger.warn({ err: item.error }, 'The feed has lost its place in the log. Subscribers are ended');
    case 'quiet':
      return;
  }
};
