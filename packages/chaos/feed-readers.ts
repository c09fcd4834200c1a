import { setMaxListeners } from 'node:events';
import { openDeadline, pause } from '@muster/runtime';
import {
  eventsOf,
  type FeedReader,
  type Message,
  nextRandom,
  openSeeded,
  pickFrom,
  readFeed,
  readSocket,
  type Seeded,
} from '@muster/testing';

/** Clients that read the feed of any gateway, break off, and resume. Changed in this file only. */
export type FeedReaders = AsyncDisposable & { readers: Reader[]; stop: AbortController; done: Promise<unknown> };

/**
 * What one of them got: all events since it began, and since each time when it had to begin anew because the server no
 * longer had its position.
 */
export type Reader = {
  name: string;
  way: Way;
  position: string; // behind which it resumes; empty before the first one, and after a loss
  hasBegun: boolean;
  known: Set<string>; // the ids of all events
  epochs: FedEvent[][];
  connections: number;
  lost: number; // positions that the server no longer had
};

/** How a reader reads: server-sent events, the same with the state after each event, or a WebSocket. */
export type Way = 'events' | 'states' | 'socket';

/** An event as a reader got it. `state` is the one after it, if it reads states. */
export type FedEvent = { id: string; stream: string; version: number; state?: unknown };

const retryMs = 200;
const answeredWithinMs = 3_000;
const longestMs = 2_500;

/** Starts readers on these gateways. Resolves when each of them has a position: from then on it may miss no event. */
export const startReaders = async (
  urls: readonly string[],
  ways: readonly Way[],
  seed: number,
): Promise<FeedReaders> => {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // several of each reader
  const readers = ways.map(
    (way, index): Reader => ({
      ...{ name: `reader-${index} (${way})`, way, position: '', hasBegun: false, known: new Set(), epochs: [[]] },
      ...{ connections: 0, lost: 0 },
    }),
  );
  const running = readers.map((reader, index) =>
    run(reader, urls, openSeeded(seed * 1_000 + 900 + index), stop.signal),
  );
  const done = Promise.all(running);
  const close = async () => {
    stop.abort();
    await done;
  };
  for (const until = performance.now() + 30_000; readers.some(({ hasBegun }) => !hasBegun); await pause(20))
    if (performance.now() > until) {
      await close();
      throw new Error('The readers of the feed got no position within 30 s');
    }
  return { readers, stop, done, [Symbol.asyncDispose]: close };
};

/** Waits until each reader has all these events, then stops them. */
export const stopReaders = async (reading: FeedReaders, ids: readonly string[], withinMs: number): Promise<void> => {
  const { readers } = reading;
  const hasAll = ({ known }: Reader) => ids.every((id) => known.has(id));
  for (const until = performance.now() + withinMs; performance.now() < until && !readers.every(hasAll); )
    await pause(50);
  await reading[Symbol.asyncDispose]();
};

const run = async (reader: Reader, urls: readonly string[], random: Seeded, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    const url = pickFrom(random, urls);
    const lastingMs = Math.round(longestMs * nextRandom(random));
    const isRead = await readOnce(reader, url, lastingMs, signal).catch(failedByFault);
    if (!isRead) await pause(retryMs, signal);
  }
};

/** A connection that fails is what faults are for. Any other error is one of this harness. */
const failedByFault = (error: unknown): false => {
  if (error instanceof RangeError || error instanceof TypeError) throw error;
  return false;
};

/** Reads for a while, and takes what came. Returns false if the gateway refused or did not answer. */
const readOnce = async (reader: Reader, url: string, lastingMs: number, signal: AbortSignal): Promise<boolean> => {
  using late = openDeadline(answeredWithinMs + lastingMs, signal);
  using feed = await open(reader, url, late.signal);
  if (feed.status === 410) lose(reader);
  if (feed.status >= 400) return feed.status === 410;
  reader.connections += 1;
  // it takes what came before it breaks off, so that a check need not wait for that
  for (const until = performance.now() + lastingMs; performance.now() < until && !signal.aborted; ) {
    take(reader, feed);
    await Promise.race([feed.ended, pause(50, signal)]);
    if (isEnded(feed)) break;
  }
  take(reader, feed);
  return true;
};

const open = ({ position, hasBegun, way }: Reader, url: string, signal: AbortSignal): Promise<FeedReader> => {
  const query = new URLSearchParams({
    ...(position === '' && hasBegun ? { from: 'start' } : {}),
    ...(way === 'states' ? { state: 'true' } : {}),
  });
  const to = `/api/events?${query}`;
  if (way === 'socket') return readSocket(url, to, position, signal);
  return readFeed(`${url}${to}`, position === '' ? {} : { 'last-event-id': position }, signal);
};

const isEnded = ({ messages }: FeedReader): boolean => ['end', 'problem'].includes(messages.at(-1)?.event ?? '');

/** Takes the messages of a connection that came since the last call. */
const take = (reader: Reader, feed: FeedReader): void => {
  for (const message of feed.messages.splice(0)) takeMessage(reader, message);
};

const takeMessage = (reader: Reader, message: Message): void => {
  const { data, event, id } = message;
  if (event === 'end' && ['position-lost', 'log-replaced'].includes(String(data.reason))) return lose(reader);
  if (event === 'problem' && data.type === '/problems/position-too-old') return lose(reader);
  if (id !== '') {
    reader.position = id;
    reader.hasBegun = true;
  }
  const [fed] = eventsOf({ messages: [message] });
  if (!fed) return;
  reader.known.add(String(data.id));
  reader.epochs.at(-1)?.push({
    ...{ id: String(data.id), stream: `${data.entity}:${data.subject}`, version: Number(data.version) },
    ...('state' in data ? { state: data.state } : {}),
  });
};

const lose = (reader: Reader): void => {
  reader.lost += 1;
  reader.position = '';
  reader.epochs.push([]);
};
