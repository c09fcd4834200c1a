import type { ServerResponse } from 'node:http';
import type { Entity } from '@muster/model';
import type { LogId, StoredEvent } from '@muster/store';
import { openPlaces, type Places } from '../places.ts';
import { openRing, type Ring } from './ring.ts';

/** The feed of a gateway: one change stream for all subscribers. A plain value, changed only in the folder `feed`. */
export type Feed = {
  ring: Ring;
  logId: LogId | undefined; // of the log that the ring is of
  mark: string; // of that log, in positions
  isOpened: boolean; // every later change comes into the ring
  running: AbortController | undefined;
  idleSince: number; // in milliseconds, monotonic: since when nobody subscribes
  subscribers: Set<Subscriber>;
  perClient: Map<string, number>; // how many subscribers a client has
  catchUps: Places; // reads of what the ring no longer has
};

/** One connection that gets events. */
export type Subscriber = {
  response: ServerResponse;
  client: string; // its key or its address
  entities: ReadonlyMap<string, Entity>; // those that this gateway knows
  wants: (event: StoredEvent) => boolean;
  isAllowed: () => boolean; // whether its key still counts
  hasBegun: boolean; // the head of the answer is sent
  number: number | undefined; // of the next event; undefined while it catches up
  mark: string; // of its log, in positions
  position: string; // of the last thing that it got, to resume behind
  sentAt: number; // in milliseconds, monotonic
  stuckSince: number | undefined; // since when it does not read
  onEnd: (reason: EndReason) => void; // called when the gateway ends it
  over: AbortController; // aborted when the connection is closed, or is to be closed
};

/** Why the gateway ends a subscription. */
export type EndReason = 'stopping' | 'too-slow' | 'unavailable' | 'position-lost' | 'log-replaced' | 'key-refused';

const catchUpsWaitingMax = 1_000;

export const openFeed = (catchUpsMax: number): Feed => ({
  ...{ ring: openRing(), logId: undefined, mark: '', isOpened: false, running: undefined, idleSince: 0 },
  ...{ subscribers: new Set(), perClient: new Map(), catchUps: openPlaces(catchUpsMax, catchUpsWaitingMax) },
});
