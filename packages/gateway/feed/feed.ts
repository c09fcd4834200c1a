import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Entity, Key } from '@muster/model';
import type { LogId, StoredEvent } from '@muster/store';
import type { Row } from '../live/diff-rows.ts';
import type { Source } from '../live/source.ts';
import { openPlaces, type Places } from '../places.ts';
import type { Problem } from '../problem.ts';
import type { Message } from './message.ts';
import type { Outlet } from './outlet.ts';
import { type Entry, openRing, type Ring } from './ring.ts';
import { type Change, type Needs, openStates, type States } from './states.ts';

/** The feed of a gateway: one change stream for all subscribers. A plain value, changed only in `feed` and `live`. */
export type Feed = {
  ring: Ring;
  logId: LogId | undefined; // of the log that the ring is of
  mark: string; // of that log, in positions
  isOpened: boolean; // every later change comes into the ring
  openedAt: number; // in milliseconds, monotonic
  brokenSince: number | undefined; // in milliseconds, monotonic: the change stream is away
  running: AbortController | undefined;
  idleSince: number; // in milliseconds, monotonic: since when nobody subscribes
  subscribers: Set<Subscriber>;
  broad: Set<Subscriber>; // those that follow the events of many streams
  ofThings: Map<string, Set<Subscriber>>; // those that follow one stream, by its key
  batches: Map<string, Batch>; // what several subscribers get of the newest changes, by what they share
  perClient: Map<string, number>; // how many subscriptions and WebSockets a client has
  sockets: Set<OpenSocket>;
  upgrades: WeakMap<IncomingMessage, Upgrade>; // requests that ask for a WebSocket
  catchUps: Places; // reads of what the ring no longer has
  entities: ReadonlyMap<string, Entity>; // those that this gateway knows
  states: States; // of the streams whose states subscribers wanted
  loading: number; // how many states are looked up
  isCalling: boolean; // subscribers will be called when the event loop turns
  lists: Map<string, LiveList>; // by what they show
  listReads: Places; // reads of lists that may have changed
};

/** Several messages in one piece, and the position behind them. */
export type Batch = { blocks: Buffer; position: string };

/** A WebSocket, however many subscriptions it has. */
export type OpenSocket = { close: (code: number, reason: string, withinMs: number) => void };

/** A connection that becomes a WebSocket, and the bytes that came behind the request. */
export type Upgrade = { socket: Socket; head: Buffer };

/** One subscription. Several of them may share a WebSocket. */
export type Subscriber = {
  outlet: Outlet;
  client: string; // its key or its address
  isAllowed: () => boolean; // whether its key still counts
  hasBegun: boolean;
  position: string; // of the last thing that it got, to resume behind
  sentAt: number; // in milliseconds, monotonic
  stuckSince: number | undefined; // since when its connection does not read
  onDrained: (() => void) | undefined; // what waits until the connection takes more
  onEnd: (reason: EndReason) => void; // called when the gateway ends it
  isOver: boolean; // the connection is closed, or the subscription has ended
  over: AbortController; // aborted then
  follows: FollowsEvents | FollowsList;
};

/** A subscription to events. */
export type FollowsEvents = {
  kind: 'events';
  thing: string | undefined; // the key of the only stream that it wants
  sharing: string | undefined; // the same for all that want the same messages
  entities: ReadonlyMap<string, Entity>; // those that this gateway knows
  wants: (event: StoredEvent) => boolean;
  chosen: Chosen | undefined;
  number: number | undefined; // of the next event in the ring; undefined while it catches up
  isBehind: boolean; // the ring has events that it was not sent yet
  mark: string; // of its log, in positions
  witness: string | undefined; // the id of an event of its log, for as long as the ring has none
  isUntilNow: boolean; // it ends when it has sent what there is
};

/** What an event comes with: what clients see of the thing after it, all fields of its state, or neither. */
export type Shows = 'shown' | 'full' | undefined;

/** What needs the states around each event: a filter on them, or that the state is sent. */
export type Chosen = {
  needs: Needs;
  shows: Shows;
  isMet: (event: StoredEvent, change: Change) => boolean;
  prepare: (entry: Entry) => boolean; // whether it is known what the event did; if not, that is looked up
};

/** A subscription to a list, a view or one thing. */
export type FollowsList = { kind: 'list'; list: LiveList; sent: number | undefined }; // the edition that it has

/**
 * A list, a view or one thing that clients see change. Subscribers that ask for the same share it. A plain value,
 * changed only in `live`.
 */
export type LiveList = {
  source: Source;
  subscribers: Set<Subscriber>;
  rows: readonly Row[]; // as last read
  more: boolean; // there are rows behind them
  edge: readonly Key[] | undefined; // the sort keys of the thing before them, if they begin at an offset
  total: number | undefined; // of all that meet the filters, if that was asked for
  asOf: Date | undefined; // it is not current, but of this time
  failingSince: number | undefined; // in milliseconds, monotonic: since when it cannot be read, or the feed is away
  missing: Problem | undefined; // why it has no rows, if it shows one thing
  position: string; // of the feed, before it was read
  edition: number; // counts its changes
  whole: Message | undefined; // all of this edition
  steps: readonly Message[]; // to this edition from the one before
  next: number; // of the first event in the ring that it may not contain
  recheckAt: number | undefined; // when to read it again, whatever comes, in milliseconds, monotonic
  wake: (() => void) | undefined; // called when there is news
  opening: Promise<Problem | undefined> | undefined; // the first read, and the problem if it failed
};

/** Why the gateway ends a subscription. */
export type EndReason =
  | 'stopping'
  | 'too-slow'
  | 'unavailable'
  | 'position-lost'
  | 'log-replaced'
  | 'key-refused'
  | 'reached';

const catchUpsWaitingMax = 1_000;
const listReadsMax = 4;
const listReadsWaitingMax = 100_000; // each list waits once at most

export const openFeed = (entities: readonly Entity[], catchUpsMax: number): Feed => ({
  entities: new Map(entities.map((entity) => [entity.name, entity])),
  ...{ ring: openRing(), logId: undefined, mark: '', isOpened: false, openedAt: 0, brokenSince: undefined },
  ...{ running: undefined, idleSince: 0, subscribers: new Set(), broad: new Set(), ofThings: new Map() },
  ...{ batches: new Map(), perClient: new Map(), sockets: new Set(), upgrades: new WeakMap() },
  ...{ catchUps: openPlaces(catchUpsMax, catchUpsWaitingMax), states: openStates(), loading: 0, isCalling: false },
  ...{ lists: new Map(), listReads: openPlaces(listReadsMax, listReadsWaitingMax) },
});
