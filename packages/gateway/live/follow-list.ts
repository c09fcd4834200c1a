import type { Feed, LiveList } from '../feed/feed.ts';
import { writePosition } from '../feed/position.ts';
import { prepareChange } from '../feed/prepare-change.ts';
import { type Entry, entryAt, nextOf } from '../feed/ring.ts';
import { endSubscriber, pump } from '../feed/subscribers.ts';
import { withFeed } from '../freshness.ts';
import type { Gateway } from '../gateway.ts';
import { inPlace } from '../places.ts';
import type { Problem } from '../problem.ts';
import { unavailable } from '../problem.ts';
import { keepWritesMs } from '../remembered.ts';
import { diffRows } from './diff-rows.ts';
import { writeSteps } from './show-list.ts';
import type { SourceRead } from './source.ts';

// A live list is read again when an event may have changed it. The difference to what was read before is what clients
// get. So the list and its changes are always a list that could have been read.

const readWithinMs = 10_000;
const restMs = 50; // between two reads of a list, at least
const restFactor = 4; // and this many times what the last read took
const retryMs = 1_000;
const oldAfterMs = 3_000;
const judgedMax = 256; // when more events came, the list is read without a look at them

/**
 * Reads a list for the first time. Returns a problem if that fails; then nothing follows the list. Otherwise it is
 * followed until it has no subscribers.
 */
export const beginList = async (
  gateway: Gateway,
  list: LiveList,
  signal: AbortSignal,
): Promise<Problem | undefined> => {
  const { feed, logger } = gateway;
  const read = await readNow(gateway, list, true);
  if (read.kind === 'problem') return read.problem;
  // what happened before the feed began is in no ring: a replica may lag behind it
  const settledAt = feed.openedAt + keepWritesMs;
  if (performance.now() < settledAt) list.recheckAt = settledAt;
  follow(gateway, list, signal).catch((error) => {
    logger.error({ err: error }, 'A live list is no longer followed. Its subscribers are ended');
    for (const subscriber of [...list.subscribers]) endSubscriber(feed, subscriber, 'unavailable');
  });
  return undefined;
};

const follow = async (gateway: Gateway, list: LiveList, signal: AbortSignal): Promise<void> => {
  const isFollowed = () => list.subscribers.size > 0 && !signal.aborted;
  try {
    while (isFollowed()) {
      if (gateway.feed.brokenSince !== undefined) noteFailure(gateway, list, gateway.feed.brokenSince);
      else if (isDue(gateway, list)) {
        const startedAt = performance.now();
        const read = await readNow(gateway, list, false);
        if (read.kind === 'problem') noteFailure(gateway, list, startedAt);
        const rest = Math.max(restMs, restFactor * (performance.now() - startedAt));
        await untilWoken(list, read.kind === 'problem' ? retryMs : rest, 'rest');
        continue;
      }
      await untilWoken(list, retryMs, 'news');
    }
  } finally {
    forgetList(gateway.feed, list);
  }
};

/** Lets the next subscriber open this list anew. */
export const forgetList = ({ lists }: Feed, list: LiveList): void => {
  if (lists.get(list.source.key) === list) lists.delete(list.source.key);
};

/** Waits for so many milliseconds, or until there is news. During a rest, only an end of the list counts. */
const untilWoken = (list: LiveList, withinMs: number, what: 'rest' | 'news'): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => settle(), withinMs);
    const settle = () => {
      clearTimeout(timer);
      list.wake = undefined;
      resolve();
    };
    list.wake = () => {
      if (what === 'news' || list.subscribers.size === 0) settle();
    };
  });

/** Whether the list must be read again: it is old, or an event may have changed it. Skips the events that did not. */
const isDue = (gateway: Gateway, list: LiveList): boolean => {
  const { ring } = gateway.feed;
  if (list.asOf || list.failingSince !== undefined) return true;
  if (list.recheckAt !== undefined && performance.now() >= list.recheckAt) {
    list.recheckAt = undefined;
    return true;
  }
  if (nextOf(ring) - list.next > judgedMax) return true;
  for (; list.next < nextOf(ring); list.next += 1) {
    const entry = entryAt(ring, list.next);
    const verdict = entry ? judge(gateway, list, entry) : true;
    if (verdict === 'unclear') return false; // it is woken when what the event did is known
    if (verdict) return true;
  }
  return false;
};

const judge = (gateway: Gateway, list: LiveList, entry: Entry): boolean | 'unclear' => {
  const { entity, mayChange, needs } = list.source;
  const { event } = entry;
  if (event.entity !== entity.name) return false;
  const verdict = mayChange(list, event, undefined);
  if (verdict !== 'unclear') return verdict;
  if (!prepareChange(gateway, entity, entry, needs)) return 'unclear';
  return typeof entry.change === 'object' ? mayChange(list, event, entry.change) === true : true;
};

/** Reads the list as it is now, or newer, and sends subscribers what changed. */
const readNow = async (gateway: Gateway, list: LiveList, isFirst: boolean): Promise<SourceRead> => {
  const { feed } = gateway;
  const { ring } = feed;
  const next = nextOf(ring);
  const position = ring.latest === undefined ? '' : writePosition(feed.mark, ring.latest, ring.lastId);
  const minVersion = newestVersion(gateway, list);
  const read = await inPlace(feed.listReads, readWithinMs, () =>
    list.source.read(withFeed(gateway.remembered, ring, isFirst), minVersion),
  );
  if (!read) return { kind: 'problem', problem: unavailable('Cannot read the list: too many are being read') };
  if (read.kind === 'problem') return read;
  list.next = next;
  list.position = position;
  take(gateway, list, read);
  return read;
};

/** The newest version in the ring of the only thing that a list shows. */
const newestVersion = ({ feed: { ring } }: Gateway, { next, source }: LiveList): number => {
  let newest = 0;
  if (source.id === undefined) return newest;
  for (let number = Math.max(next, ring.first); number < nextOf(ring); number += 1) {
    const event = entryAt(ring, number)?.event;
    if (event?.entityId === source.id && event.entity === source.entity.name) newest = Math.max(newest, event.version);
  }
  return newest;
};

const take = (gateway: Gateway, list: LiveList, read: Extract<SourceRead, { kind: 'shown' }>): void => {
  const { rows, more, edge, total, about, missing } = read;
  const steps = diffRows(list.rows, rows);
  const isOther =
    list.edition === 0 || steps.length > 0 || total !== list.total || list.asOf?.getTime() !== about.asOf?.getTime();
  Object.assign(list, { rows, more, edge, total, missing, asOf: about.asOf, failingSince: undefined });
  if (isOther) publish(gateway, list, writeSteps(list, steps));
};

const publish = ({ feed }: Gateway, list: LiveList, steps: LiveList['steps']): void => {
  list.edition += 1;
  list.whole = undefined;
  list.steps = steps;
  for (const subscriber of [...list.subscribers]) pump(feed, subscriber);
};

/** Notes that the list cannot be read. Says that it is old, if this lasts. */
const noteFailure = (gateway: Gateway, list: LiveList, since: number): void => {
  list.failingSince ??= since;
  const ageMs = performance.now() - list.failingSince;
  if (list.asOf || ageMs < oldAfterMs) return;
  list.asOf = new Date(Date.now() - ageMs);
  publish(gateway, list, writeSteps(list, []));
};
