import { setImmediate as immediate } from 'node:timers/promises';
import { backOffMs } from '@muster/runtime';
import { type Position, type Watched, watchLog } from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { lagMs, seeHeartbeat } from './heart.ts';
import type { Input } from './lifecycle.ts';
import type { Numbers } from './numbers.ts';
import { noteOpened } from './progress.ts';
import { isSnapshotDue } from './snapshot.ts';
import { takeEvent } from './take-event.ts';

/**
 * Follows the change stream of these partitions from a position (undefined: from now) and takes its events into memory.
 * Yields what concerns the lifecycle, as answers to `order`. Ends when `signal` aborts or the place is lost.
 */
export async function* followLog(
  aggregator: Aggregator,
  { order, partitions, from }: { order: number; partitions: Numbers; from: Position | undefined },
  signal: AbortSignal,
): AsyncGenerator<Input> {
  let taken = 0;
  for await (const watched of watchLog(aggregator.log, { partitions, from, signal, pauseMs: backOffMs })) {
    if (watched.kind === 'event') await takeEvent(aggregator, watched.event, signal);
    else yield* inputsOf(aggregator, order, watched);
    if (signal.aborted) return;
    taken += 1;
    // what is buffered comes without a wait: reads must be answered in between
    if (taken % 100 === 0) await immediate();
    if (isSnapshotDue(aggregator)) yield { kind: 'snapshotDue' };
  }
}

const inputsOf = (aggregator: Aggregator, order: number, watched: Exclude<Watched, { kind: 'event' }>): Input[] => {
  const { heart, logger, metrics, progress } = aggregator;
  switch (watched.kind) {
    case 'opened':
      if (noteOpened(progress)) metrics.reopened.inc();
      return [{ kind: 'opened', order, nextBeat: heart.sent + 1 }];
    case 'heartbeat':
      return seeHeartbeat(heart, watched.heartbeat) ? [{ kind: 'heartbeatReturned', number: heart.returned }] : [];
    case 'broken':
      logger.warn({ err: watched.error }, 'The change stream broke: opening it again where it was');
      return [{ kind: 'broken', order }];
    case 'quiet':
      if (!isDeaf(aggregator)) return [];
      logger.warn('The change stream is open and nothing comes through it: scanning the log instead');
      return [{ kind: 'deaf', order }];
    case 'lost':
      logger.warn({ err: watched.error }, 'The place in the log is lost: scanning the log instead');
      return [{ kind: 'placeLost', order }];
  }
};

// heartbeats are written and none comes back, as when the position lies in the future of a log that was restored from a
// back-up
const isDeaf = ({ heart, progress }: Aggregator): boolean =>
  progress.beating && lagMs(heart) > deafAfterMs && performance.now() - progress.openedAt > deafAfterMs;
const deafAfterMs = 30_000;
