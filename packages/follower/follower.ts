import { setMaxListeners } from 'node:events';
import type { Subscription } from '@muster/client';
import type { Entity } from '@muster/model';
import type { Logger } from '@muster/runtime';
import type { AppendQueue, DatabaseClock, Log, SiteDocument } from '@muster/store';
import type { KnownStates } from './known-states.ts';
import type { Places } from './places.ts';
import type { Settings } from './settings.ts';
import type { KeptKeys } from './site-keys.ts';

/** The whole state of a follower, passed as a parameter. What must survive is in the collection `Sites`. */
export type Follower = {
  settings: Settings;
  entities: readonly Entity[];
  shared: ReadonlyMap<string, Entity>; // those with a merge, by name
  log: Log;
  logger: Logger;
  queue: AppendQueue;
  clock: DatabaseClock;
  known: KnownStates;
  reads: Places; // of states in the log: fewer than the database has connections for
  kept: KeptKeys; // of SITE_KEYS_FILE
  working: Map<string, Promise<unknown>>; // by thing: what is being adopted
  sites: Map<string, Site>; // by URL
  added: Set<string>; // those of SITES that were put into the list
  database: { reachable: boolean };
};

/** A site that is followed. A plain value, changed only in this room. */
export type Site = {
  readonly url: string;
  key: string | undefined; // as it was when the site was asked last
  readonly addedAt: Date;
  readonly rereads: number;
  name: string; // as it names itself; empty until it was asked
  position: string | undefined; // behind the last event whose state was adopted
  events: number; // that were read up to there
  adopted: number;
  refused: number;
  there: number | undefined; // events in its log; undefined if it does not know
  phase: 'asking' | 'reading' | 'holding' | 'pausing' | 'failing';
  problem: string | undefined; // why it is not followed now
  isCurrent: boolean; // all that it had was adopted
  feed: Subscription | undefined; // while it is read or held open
  currentAt: number; // in milliseconds, monotonic: when that was so last
  warnedAt: number; // in milliseconds, monotonic: when the log said last that the database takes nothing
  notedAt: number; // in milliseconds, monotonic: when its position was stored last
  silences: number; // connections in a row on which nothing came
  pollUntil: number; // in milliseconds, monotonic: until then, no connection is held open
  over: AbortController; // aborted when it is no longer followed
};

/**
 * Opens a site as it is stored. A position in another log than this one does not count. Until all that it has was
 * adopted, it has been behind since it was read last.
 */
export const openSite = (stored: SiteDocument, logId: string | undefined, key: string | undefined): Site => {
  const over = new AbortController();
  setMaxListeners(0, over.signal); // all things that wait for the database listen to it
  const isKept = stored.log !== undefined && stored.log === logId;
  return {
    ...{ url: stored._id, key, addedAt: stored.addedAt, rereads: stored.rereads ?? 0, name: stored.name ?? '' },
    position: isKept ? stored.position : undefined,
    events: isKept ? stored.events : 0,
    ...{ adopted: stored.adopted, refused: stored.refused, there: undefined, phase: 'asking', problem: undefined },
    ...{
      isCurrent: false,
      feed: undefined,
      currentAt: performance.now() - Math.max(0, Date.now() - (stored.readAt ?? stored.addedAt).getTime()),
      warnedAt: Number.NEGATIVE_INFINITY,
      notedAt: 0,
      silences: 0,
      pollUntil: 0,
      over,
    },
  };
};

/** How many events of a site were not read yet, about. Undefined if the site does not know how many it has. Pure. */
export const lagEventsOf = ({ isCurrent, there, events }: Site): number | undefined => {
  if (isCurrent) return 0;
  return there === undefined ? undefined : Math.max(0, there - events);
};

/** For how many seconds not all that a site had was adopted. Pure, but for the time of `now`. */
export const lagSecondsOf = ({ isCurrent, currentAt }: Site, now = performance.now()): number =>
  isCurrent ? 0 : (now - currentAt) / 1_000;
