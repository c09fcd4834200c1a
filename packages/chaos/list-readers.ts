import { isDeepStrictEqual } from 'node:util';
import { pause } from '@muster/runtime';
import {
  call,
  type FeedReader,
  type FoldedList,
  foldLiveList,
  nextRandom,
  openSeeded,
  pickFrom,
  readFeed,
  type Seeded,
} from '@muster/testing';

/** Clients that follow lists at any gateway, break off, and begin anew. Changed in this file only. */
export type ListReaders = AsyncDisposable & { readers: ListReader[]; stop: AbortController; done: Promise<unknown> };

/** One of them. `shown` is the list as it has it, of the gateway at `url`; undefined while it has none. */
type ListReader = {
  path: string;
  url: string;
  shown: unknown[] | undefined;
  folded: FoldedList | undefined; // of this connection
  isSettling: boolean; // it does not break off any more
  problems: string[];
};

const paths = [
  '/api/user?sort=-updatedAt&page[size]=20',
  '/api/user?filter[group][lte]=40&sort=name&limit=30',
  '/api/user/views/byGroup?sort=-count&limit=10',
];
const longestMs = 8_000;
const retryMs = 200;

/** Starts a reader for each of some lists. */
export const startListReaders = (urls: readonly string[], seed: number): ListReaders => {
  const stop = new AbortController();
  const readers = paths.map(
    (path): ListReader => ({
      ...{ path, url: '', shown: undefined, folded: undefined, isSettling: false, problems: [] },
    }),
  );
  const done = Promise.all(
    readers.map((reader, index) => run(reader, urls, openSeeded(seed * 1_000 + 950 + index), stop.signal)),
  );
  const close = async () => {
    stop.abort();
    await done;
  };
  return { readers, stop, done, [Symbol.asyncDispose]: close };
};

/**
 * Waits until each list is what GET answers at its gateway, while nobody writes. Then stops the readers. Returns what
 * is wrong: a list that is not, or a change that did not fit.
 */
export const settleLists = async (following: ListReaders, withinMs: number): Promise<string[]> => {
  const { readers } = following;
  for (const reader of readers) reader.isSettling = true;
  const settled = await Promise.all(readers.map((reader) => settle(reader, withinMs)));
  await following[Symbol.asyncDispose]();
  return [...settled.flat(), ...readers.flatMap(({ problems }) => problems.slice(0, 3))];
};

const settle = async (reader: ListReader, withinMs: number): Promise<string[]> => {
  let last = 'it never began';
  for (const until = performance.now() + withinMs; performance.now() < until; await pause(100)) {
    const { folded, path, shown, url } = reader;
    const asOf = folded?.asOf;
    if (!shown) continue;
    const wanted = await call(url, 'GET', path).catch(() => undefined);
    const isCurrent = wanted?.status === 200 && !wanted.headers.has('muster-as-of') && asOf === undefined;
    if (isCurrent && isDeepStrictEqual(shown, wanted.body)) return [];
    last = `it has ${JSON.stringify(shown).slice(0, 300)} as of ${asOf ?? 'now'}, GET ${wanted?.text.slice(0, 300)}`;
  }
  return [`The live list ${reader.path} did not become the list within ${withinMs} ms: ${last}`];
};

const run = async (reader: ListReader, urls: readonly string[], random: Seeded, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    reader.url = pickFrom(random, urls);
    const untilMs = performance.now() + longestMs * nextRandom(random);
    await follow(reader, untilMs, signal).catch(() => undefined); // a fault
    reader.shown = undefined;
    reader.folded = undefined;
    await pause(retryMs, signal);
  }
};

/** Follows the list until then, and while the reader settles. Returns when the connection ends. */
const follow = async (reader: ListReader, untilMs: number, signal: AbortSignal): Promise<void> => {
  using feed = await readFeed(`${reader.url}${reader.path}`, { accept: 'text/event-stream' }, signal);
  if (feed.status !== 200) return;
  const isOver = { yes: false };
  void feed.ended.then(() => {
    isOver.yes = true;
  });
  while (!signal.aborted && !isOver.yes && (reader.isSettling || performance.now() < untilMs)) {
    await pause(50, signal);
    if (!take(reader, feed)) return;
  }
};

/** Takes what came. Returns false if it does not fit. */
const take = (reader: ListReader, { messages }: FeedReader): boolean => {
  try {
    reader.folded = foldLiveList(messages.splice(0), reader.folded);
    reader.shown = reader.folded.lists.at(-1) ?? reader.shown;
    return true;
  } catch (error) {
    reader.problems.push(`The live list ${reader.path}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
};
