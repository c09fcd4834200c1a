import { type Status, type Subscription, subscribe } from '@muster/client';
import { adoptEvents, type Received } from './adopt-events.ts';
import type { Follower, Site } from './follower.ts';

/** How a reading ended: all was read, or the connection broke, perhaps before anything came. */
export type Ended = { kind: 'reached' } | { kind: 'broken'; reason: string; wasSilent: boolean };

const waitingMax = 2_000; // events that came and are not adopted yet

/**
 * Reads the feed of a site from its position on, and adopts what comes: until all that is there was read, or for as
 * long as the connection holds. Resolves when all that came was adopted. Rejects if the site refuses, and says why.
 */
export const readFeed = async (follower: Follower, site: Site, until: 'now' | 'end'): Promise<Ended> => {
  const { signal } = site.over;
  const inbox: Inbox = { waiting: [], wake: undefined, isOver: false };
  let [broken, wasLive]: [string | undefined, boolean] = [undefined, false];
  const onStatus = (status: Status) => {
    if (status.kind === 'live') wasLive = true;
    if (status.kind === 'lost') forget(follower, site, status.reason);
    if (status.kind !== 'stale') return;
    broken = status.reason;
    subscription.close();
  };
  const subscription: Subscription = subscribe(addressOf(site, until), {
    ...{ signal, key: site.key, onStatus, onLost: 'start', staleAfterMs: follower.settings.FOLLOW_SILENT_MS },
    ...(site.position === undefined ? { from: 'start' as const } : { after: site.position }),
    onEvent: (event, { position }) => put(inbox, site, { event, position }),
  });
  if (until === 'end') site.held = subscription;
  const reading = subscription.done.finally(() => {
    site.held = undefined;
    endInbox(inbox);
  });
  reading.catch(() => undefined); // it is awaited below
  await adoptAll(follower, site, inbox, until);
  await reading;
  if (!signal.aborted) takePosition(site, subscription);
  if (broken !== undefined) return { kind: 'broken', reason: broken, wasSilent: !wasLive && /silent/.test(broken) };
  return { kind: 'reached' };
};

const addressOf = ({ url }: Site, until: 'now' | 'end'): string =>
  `${url}/api/events?state=full${until === 'now' ? '&until=now' : ''}`;

// all that came was adopted: the position may be behind the last event
const takePosition = (site: Site, { position }: Subscription): void => {
  if (position !== undefined) site.position = position;
};

/** Takes over the position of the last bookmark of a feed that is held open, if all that came before is adopted. */
export const takeBookmark = (site: Site): void => {
  if (site.isCurrent && site.held) takePosition(site, site.held);
};

const forget = ({ logger }: Follower, site: Site, reason: string): void => {
  logger.warn({ site: site.url, reason }, 'The position in the log of a site is lost: reading it from its first event');
  site.position = undefined;
  site.events = 0;
};

/** Events that wait to be adopted. A plain value, changed only in this file. */
type Inbox = { waiting: Received[]; wake: (() => void) | undefined; isOver: boolean };

/** Takes an event. Waits while too many wait, so that the connection is not read further. */
const put = async (inbox: Inbox, site: Site, received: Received): Promise<void> => {
  site.isCurrent = false;
  inbox.waiting.push(received);
  inbox.wake?.();
  while (inbox.waiting.length >= waitingMax && !site.over.signal.aborted)
    await new Promise((resolve) => setTimeout(resolve, fullPauseMs));
};

const fullPauseMs = 5;

const endInbox = (inbox: Inbox): void => {
  inbox.isOver = true;
  inbox.wake?.();
};

const adoptAll = async (follower: Follower, site: Site, inbox: Inbox, until: 'now' | 'end'): Promise<void> => {
  for (;;) {
    const received = inbox.waiting.splice(0, follower.settings.FOLLOW_BATCH_MAX);
    if (received.length > 0) {
      await adoptEvents(follower, site, received);
      // while it reads what was there before, only the end shows that nothing is left
      if (until === 'end' && inbox.waiting.length === 0) noteCurrent(site);
    } else if (inbox.isOver || site.over.signal.aborted) return;
    else
      await new Promise<void>((resolve) => {
        inbox.wake = resolve;
      });
    inbox.wake = undefined;
  }
};

/** Notes that all that a site had was adopted. */
export const noteCurrent = (site: Site): void => {
  site.isCurrent = true;
  site.currentAt = performance.now();
};
