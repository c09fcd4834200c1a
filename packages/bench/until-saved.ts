import { pause } from '@muster/runtime';
import { estimateEvents, type Log, readCheckpoints } from '@muster/store';
import { readTail, type TailFigures } from './read-metrics.ts';

/**
 * Waits until the aggregators have saved all records, at most `withinMs` milliseconds. Returns their metrics then.
 */
export const untilSaved = async (log: Log, withinMs: number): Promise<TailFigures> => {
  const untilMs = performance.now() + withinMs;
  for (let tail = await readTail(log); ; tail = await readTail(log)) {
    if (tail.changed === 0 || performance.now() > untilMs) return tail;
    await pause(200);
  }
};

/**
 * Waits until the checkpoints include all events of the log, at most `withinMs` milliseconds: no snapshot is being
 * saved any more. Then waits for those that follow a long snapshot.
 */
export const untilCheckpointed = async (log: Log, partitions: number, withinMs: number): Promise<void> => {
  const numbers = Array.from({ length: partitions }, (_, number) => number);
  for (const untilMs = performance.now() + withinMs; performance.now() < untilMs; await pause(200)) {
    const checkpoints = await readCheckpoints(log, numbers, readDeadlineMs);
    const events = [...checkpoints.values()].reduce((sum, checkpoint) => sum + checkpoint.events, 0);
    if (events >= (await estimateEvents(log, readDeadlineMs))) return pause(settleMs);
  }
};

const readDeadlineMs = 10_000;
const settleMs = 3_000;
