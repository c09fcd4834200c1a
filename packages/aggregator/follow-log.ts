import { setImmediate as immediate } from 'node:timers/promises';
import { backOffMs } from '@muster/runtime';
import { type Position, type Watched, watchLog } from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { lagMs, seeHeartbeat } from './heart.ts';
import type { Input } from './lifecycle.ts';
import type { Numbers } from './numbers.ts';
import { noteOpened } from './progress.ts';
import { isSnapshotDue } from './snapshot.ts';
import { takeEvents } from './take-event.ts';

/**
 * Follows the change stream of these partitions from a position, or from now if it is undefined. Applies the events to
 * the states in memory. Yields inputs of the lifecycle, as answers to `order`. Ends when `signal` aborts or when the
 * server can no longer resume at the position.
 */
export async function* followLog(
  aggregator: Aggregator,
  { order, partitions, from }: { order: number; partitions: Numbers; from: Position | undefined },
  signal: AbortSignal,
): AsyncGenerator<Input> {
  let taken = 0;
  for await (const watched of watchLog(aggregator.log, { partitions, from, signal, pauseMs: backOffMs })) {
    if (watched.kind === 'events') {
      await takeEvents(aggregator, watched.events, signal);
      taken += watched.events.length;
    } else yield* inputsOf(aggregator, order, watched);
    if (signal.aborted) return;
    // buffered events come without a wait: let requests be answered in between
    if (taken >= takenInOneGoMax) {
      taken = 0;
      await immediate();
    }
    if (isSnapshotDue(aggregator)) yield { kind: 'snapshotDue' };
  }
}

const takenInOneGoMax = 100;

const inputsOf = (aggregator: Aggregator, order: number, watched: Exclude<Watched, { kind: 'events' }>): Input[] => {
  const { heart, logger, metrics, progress } = aggregator;
  switch (watched.kind) {
    case 'opened':
      if (noteOpened(progress)) metrics.reopened.inc();
      return [{ kind: 'opened', order, nextBeat: heart.sent + 1 }];
    case 'heartbeat':
      return seeHeartbeat(heart, watched.heartbeat) ? [{ kind: 'heartbeatReturned', number: heart.returned }] : [];
    case 'broken':
      logger.warn({ err: watched.error }, 'The change stream broke. Reopening it at its last position');
      return [{ kind: 'broken', order }];
    case 'quiet':
      if (!isDeaf(aggregator)) return [];
      logger.warn('The change stream is open and nothing comes through it. Scanning the log instead');
      return [{ kind: 'deaf', order }];
    case 'lost':
      logger.warn(
        { err: watched.error },
        'The place in the log is lost: the server cannot resume the change stream there. Scanning the log instead',
      );
      return [{ kind: 'placeLost', order }];
  }
};

// Heartbeats are written and none comes back. This happens when the log was restored from a back-up and the position is
// later than the end of the log.
const isDeaf = ({ heart, progress }: Aggregator): boolean =>
  progress.beating && lagMs(heart) > deafAfterMs && performance.now() - progress.openedAt > deafAfterMs;
const deafAfterMs = 30_000;
