import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeStream, ResumeToken } from 'mongodb';
import { isLost, openStream, readChange } from './change-stream.ts';
import type { Log } from './open-log.ts';
import { insidesOf, type Position } from './position.ts';
import type { Watched } from './watched.ts';
import { withinDeadline } from './within-deadline.ts';

export type WatchOptions = {
  partitions: readonly number[];
  from: Position | undefined; // undefined: from now
  signal: AbortSignal;
  pauseMs: (failures: number) => number; // before it is opened again
};

/** How far one watch has come. Changed in this file only. */
type WatchProgress = {
  token: ResumeToken | undefined; // of the last read change; undefined before the first
  opened: boolean; // at least one stream was open
  failures: number; // since something was read
};

const awaitMs = 250;
const answerMs = 5_000; // beyond awaitMs: past this the server counts as gone
// a stream that was not read for so long is opened again after the last read change: meanwhile the log may roll over
// its position. A cursor of one server here then skips without an error, but the server refuses the token
const unreadMaxMs = 1_000;

/**
 * Watches the inserts into `Events` of these partitions and all heartbeats, until `signal` aborts or the place is lost.
 * A broken stream is opened again after the last read change. Ends after `lost`.
 */
export async function* watchLog(
  log: Log,
  { partitions, from, signal, pauseMs }: WatchOptions,
): AsyncGenerator<Watched> {
  const progress: WatchProgress = { token: from && insidesOf(from).token, opened: false, failures: 0 };
  while (!signal.aborted) {
    if (progress.opened && progress.token === undefined)
      return yield { kind: 'lost', error: new Error('The change stream broke before it gave a token') };
    const stream = openStream(log, partitions, progress.token, awaitMs);
    try {
      yield* readUntilUnread(stream, progress, signal);
    } catch (error) {
      if (isLost(error)) return yield { kind: 'lost', error };
      yield { kind: 'broken', error };
      progress.failures += 1;
      // called off while pausing: the loop ends
      await sleep(pauseMs(progress.failures), undefined, { signal }).catch(() => undefined);
    } finally {
      void stream.close().catch(() => undefined); // not awaited: a server that is gone does not answer this either
    }
  }
}

/** What one stream brings, until `signal` aborts or the stream was left unread for too long. Throws when it breaks. */
async function* readUntilUnread(
  stream: ChangeStream,
  progress: WatchProgress,
  signal: AbortSignal,
): AsyncGenerator<Watched> {
  const first = await readNext(stream, progress);
  progress.opened = true;
  let readAt = performance.now(); // however long the opening took: what came with it is to be used
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
