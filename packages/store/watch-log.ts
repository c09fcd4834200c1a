import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeStream, ResumeToken } from 'mongodb';
import { isLost, openStream, readChange } from './change-stream.ts';
import type { Log } from './open-log.ts';
import { insidesOf, type Position } from './position.ts';
import type { Watched } from './watched.ts';
import { withinDeadline } from './within-deadline.ts';

export type WatchOptions = {
  partitions: readonly number[];
  from: Position | undefined; // undefined: start now
  signal: AbortSignal;
  pauseMs: (failures: number) => number; // the pause before the next attempt, in milliseconds
};

/** The progress of one watch. Changed only in this file. */
type WatchProgress = {
  token: ResumeToken | undefined; // the token of the last change; undefined before the first
  opened: boolean; // at least one stream was opened
  failures: number; // since the last successful read
};

const awaitMs = 250;
const answerMs = 5_000; // added to awaitMs: after this the server counts as unreachable
// A stream that was not read for this long is opened again after its last change. Meanwhile the oplog may roll over its
// position. One server's cursor then skips changes without an error, but that server refuses the token.
const unreadMaxMs = 1_000;

/**
 * Watches the inserts into `Events` of these partitions and all heartbeats, until `signal` aborts. Reopens a broken
 * stream after the last change read. Ends after `lost`: the server no longer has the position.
 */
export async function* watchLog(
  log: Log,
  { partitions, from, signal, pauseMs }: WatchOptions,
): AsyncGenerator<Watched> {
  const progress: WatchProgress = { token: from && insidesOf(from).token, opened: false, failures: 0 };
  while (!signal.aborted) {
    if (progress.opened && progress.token === undefined)
      return yield {
        kind: 'lost',
        error: new Error('Cannot resume the change stream: it broke before it returned a token'),
      };
    const stream = openStream(log, partitions, progress.token, awaitMs);
    try {
      yield* readUntilUnread(stream, progress, signal);
    } catch (error) {
      if (isLost(error)) return yield { kind: 'lost', error };
      yield { kind: 'broken', error };
      progress.failures += 1;
      // aborted during the pause: the loop ends
      await sleep(pauseMs(progress.failures), undefined, { signal }).catch(() => undefined);
    } finally {
      void stream.close().catch(() => undefined); // not awaited: an unreachable server does not answer this either
    }
  }
}

/**
 * Yields what one stream reads, until `signal` aborts or the stream was not read for too long. Throws when the stream
 * breaks.
 */
async function* readUntilUnread(
  stream: ChangeStream,
  progress: WatchProgress,
  signal: AbortSignal,
): AsyncGenerator<Watched> {
  const first = await readNext(stream, progress);
  progress.opened = true;
  let readAt = performance.now(); // the time for opening does not count: the first changes must be used
  yield { kind: 'opened' };
  yield first;
  while (!signal.aborted && performance.now() - readAt < unreadMaxMs) {
    readAt = performance.now();
    yield await readNext(stream, progress);
  }
}

const readNext = async (stream: ChangeStream, progress: WatchProgress): Promise<Watched> => {
  const change = await withinDeadline(stream.tryNext(), awaitMs + answerMs, 'read the change stream');
  progress.failures = 0;
  progress.token = change ? change._id : (stream.resumeToken ?? progress.token);
  return change ? readChange(change) : { kind: 'quiet' };
};
