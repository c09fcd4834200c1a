import { type Status, type Subscription, subscribe } from '@muster/client';
import { adoptEvents } from './adopt-events.ts';
import { fetchFromSite } from './fetch-from-site.ts';
import type { Follower, Site } from './follower.ts';
import { parseReceived, positionMax, type Received } from './parse-received.ts';

/** How a reading ended: all was read, the position was lost, or the connection broke, perhaps before anything came. */
export type Ended = { kind: 'reached' } | { kind: 'lost' } | { kind: 'broken'; reason: string; wasSilent: boolean };

const waitingMax = 2_000; // events that came and are not adopted yet

/**
 * Reads the feed of a site from its position on, and adopts what comes: until all that is there was read, or for as
 * long as the connection holds. Resolves when all that came was adopted. Rejects if the site refuses, and says why.
 */
export const readFeed = async (follower: Follower, site: Site, until: 'now' | 'end'): Promise<Ended> => {
  const { signal } = site.over;
  const inbox: Inbox = { waiting: [], wake: undefined, taken: undefined, isOver: false };
  let [broken, lost, wasLive]: [string | undefined, string | undefined, boolean] = [undefined, undefined, false];
  const onStatus = (status: Status) => {
    if (status.kind === 'live') wasLive = true;
    if (status.kind === 'lost') lost = status.reason;
    if (status.kind === 'stale') broken = status.reason;
    if (status.kind === 'lost' || status.kind === 'stale') subscription.close();
  };
  const subscription: Subscription = subscribe(addressOf(site, until), {
    ...{ signal, key: site.key, onStatus, onLost: 'start', staleAfterMs: follower.settings.FOLLOW_SILENT_MS },
    ...(site.position === undefined ? { from: 'start' as const } : { after: site.position }),
    onEvent: (event, { position }) => put(inbox, site, parseReceived(event, position)),
    fetch: (address, options = {}) => fetchFromSite(String(address), options),
  });
  site.feed = subscription;
  const release = () => inbox.taken?.();
  signal.addEventListener('abort', release);
  const reading = subscription.done.finally(() => {
    site.feed = undefined;
    signal.removeEventListener('abort', release);
    endInbox(inbox);
  });
  reading.catch(() => undefined); // it is awaited below
  await adoptAll(follower, site, inbox, until);
  await reading;
  if (lost !== undefined) return forget(follower, site, lost);
  if (!signal.aborted) takePosition(site, subscription);
  if (broken !== undefined) return { kind: 'broken', reason: broken, wasSilent: !wasLive && /silent/.test(broken) };
  return { kind: 'reached' };
};

const addressOf = ({ url }: Site, until: 'now' | 'end'): string =>
  `${url}/api/events?state=full${until === 'now' ? '&until=now' : ''}`;

// all that came was adopted: the position may be behind the last event
const takePosition = (site: Site, { position }: Subscription): void => {
  if (position !== undefined && position.length <= positionMax) site.position = position;
};

/** Takes over the position of the last bookmark of a feed that is held open, if all that came before is adopted. */
export const takeBookmark = (site: Site): void => {
  if (site.phase === 'holding' && site.isCurrent && site.feed) takePosition(site, site.feed);
};

/** Forgets the position. What came before that is adopted by now, so events of two logs are never in one batch. */
const forget = ({ logger }: Follower, site: Site, reason: string): Ended => {
  logger.warn({ site: site.url, reason }, 'The position in the log of a site is lost: reading it from its first event');
  site.position = undefined;
  site.events = 0;
  noteBehind(site);
  return { kind: 'lost' };
};

/** Events that wait to be adopted. A plain value, changed only in this file. */
type Inbox = {
  waiting: Received[];
  wake: (() => void) | undefined; // called when something came
  taken: (() => void) | undefined; // called when there is room again
  isOver: boolean;
};

/** Takes an event. Waits while too many wait, so that the connection is not read further. */
const put = async (inbox: Inbox, site: Site, received: Received): Promise<void> => {
  noteBehind(site);
  inbox.waiting.push(received);
  inbox.wake?.();
  if (inbox.waiting.length < waitingMax || site.over.signal.aborted) return;
  await new Promise<void>((resolve) => {
    inbox.taken = resolve;
  });
};

const endInbox = (inbox: Inbox): void => {
  inbox.isOver = true;
  inbox.wake?.();
};

const adoptAll = async (follower: Follower, site: Site, inbox: Inbox, until: 'now' | 'end'): Promise<void> => {
  for (;;) {
    const received = inbox.waiting.splice(0, follower.settings.FOLLOW_BATCH_MAX);
    inbox.taken?.();
    inbox.taken = undefined;
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

/** Notes that a site has something that was not adopted. Until now, that was not so. */
export const noteBehind = (site: Site): void => {
  if (site.isCurrent) site.currentAt = performance.now();
  site.isCurrent = false;
};

/** Notes that all that a site had was adopted. */
export const noteCurrent = (site: Site): void => {
  site.isCurrent = true;
  site.currentAt = performance.now();
};
