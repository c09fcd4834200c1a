import { pause } from '@muster/runtime';
import type { Log } from '@muster/store';
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
