import { setTimeout as sleep } from 'node:timers/promises';
import type { ResumeToken } from 'mongodb';
import { type Batch, closeStream, isLost, readBatch, type Stream } from './change-stream.ts';
import type { Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

export type FollowOptions<Item> = {
  open: (token: ResumeToken | undefined) => Promise<Stream>; // undefined: start now
  use: (batch: Batch) => Iterable<Item>; // if it throws, the batch is read again
  from: ResumeToken | undefined;
  signal: AbortSignal;
  pauseMs: (failures: number) => number; // the pause before the next attempt, in milliseconds
};

/** What following yields beside the items of each batch. */
export type Followed =
  // every later change will be seen; `token`: behind what was read before, if the server says so
  | { kind: 'opened'; token: ResumeToken | undefined }
  | { kind: 'broken'; error: unknown } // the stream is opened again at the same position after a pause
  | { kind: 'lost'; error: unknown }; // the server no longer has the position: nothing follows

/** The progress of one stream that is followed. Changed only in this file. */
type Progress = {
  token: ResumeToken | undefined; // of the last change yielded; undefined before the first
  opened: boolean; // at least one stream was opened
  failures: number; // since the last successful read
};

const firstAwaitMs = 250;
const awaitMs = 500; // an idle stream is read twice a second
const answerMs = 4_750; // added to them: after this the server counts as unreachable
// A stream that was not read for this long is opened again after its last change. Meanwhile the oplog may roll over its
// position. One server's cursor then skips changes without an error, but that server refuses the token. So a read must
// not wait for longer than that either.
const unreadMaxMs = 1_000;

/**
 * Follows a change stream until `signal` aborts. Yields the items of each batch, in the order of the log. A broken
 * stream is opened again after the last batch that was used. Ends after `lost`.
 */
export async function* followChanges<Item>(log: Log, options: FollowOptions<Item>): AsyncGenerator<Followed | Item> {
  const { from, pauseMs, signal } = options;
  const progress: Progress = { token: from, opened: false, failures: 0 };
  while (!signal.aborted) {
    if (progress.opened && progress.token === undefined)
      return yield {
        kind: 'lost',
        error: new Error('Cannot resume the change stream: it broke before it returned a token'),
      };
    const opening = options.open(progress.token);
    try {
      const stream = await withinDeadline(opening, answerMs, 'open the change stream');
      yield* readUntilUnread(log, stream, progress, options);
    } catch (error) {
      if (isLost(error)) return yield { kind: 'lost', error };
      yield { kind: 'broken', error };
      progress.failures += 1;
      // aborted during the pause: the loop ends
      await sleep(pauseMs(progress.failures), undefined, { signal }).catch(() => undefined);
    } finally {
      // not awaited: an unreachable server does not answer this either
      void opening.then((stream) => closeStream(log, stream)).catch(() => undefined);
    }
  }
}

/**
 * Yields what one stream reads, until `signal` aborts or the stream was not read for too long. Throws when the stream
 * breaks.
 */
async function* readUntilUnread<Item>(
  log: Log,
  stream: Stream,
  progress: Progress,
  options: FollowOptions<Item>,
): AsyncGenerator<Followed | Item> {
  const { signal } = options;
  const isFirstEmpty = stream.first.changes.length === 0;
  if (isFirstEmpty) progress.token = stream.first.token ?? progress.token;
  // without a place to resume from, a stream that breaks would be lost
  const isPlaceless = isFirstEmpty && progress.token === undefined;
  const first = isPlaceless ? await readNext(log, stream, progress, firstAwaitMs) : stream.first;
  progress.opened = true;
  let readAt = performance.now(); // the time for opening does not count: the first changes must be used
  yield { kind: 'opened', token: progress.token };
  yield* useBatch(first, progress, options);
  while (!signal.aborted && performance.now() - readAt < unreadMaxMs) {
    readAt = performance.now();
    const batch = await untilAborted(readNext(log, stream, progress, awaitMs), signal);
    if (batch === undefined) return;
    yield* useBatch(batch, progress, options);
  }
}

/** Returns what `work` returns, or undefined when the signal aborts first. */
const untilAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    // the listener must not stay: there is one read after another on the same signal
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });

const readNext = async (log: Log, stream: Stream, progress: Progress, waitMs: number): Promise<Batch> => {
  const batch = await withinDeadline(readBatch(log, stream, waitMs), waitMs + answerMs, 'read the change stream');
  progress.failures = 0;
  return batch;
};

/** Yields what a batch brings. A batch that cannot be used to its end is read again, and skips nothing. */
function* useBatch<Item>(batch: Batch, progress: Progress, { use }: FollowOptions<Item>): Generator<Item> {
  yield* use(batch);
  progress.token = batch.token ?? progress.token;
}
