import type { Aggregator } from './aggregator.ts';
import { endPending, type Partition } from './table.ts';
import { fillHole, takeAtOnce } from './take-event.ts';

/**
 * Takes what the stream brought of these partitions while they were restored; most of it the scan has brought already.
 * Returns those that are complete then: not those that were dropped meanwhile, perhaps to come again, and not those of
 * which more came than could be kept.
 */
export const takePending = async (
  aggregator: Aggregator,
  partitions: readonly Partition[],
  signal: AbortSignal,
): Promise<Partition[]> => {
  const complete: Partition[] = [];
  for (const partition of partitions) if (await takePendingOf(aggregator, partition, signal)) complete.push(partition);
  return complete;
};

const takePendingOf = async (aggregator: Aggregator, partition: Partition, signal: AbortSignal): Promise<boolean> => {
  const isHeld = () => !signal.aborted && aggregator.table.get(partition.number) === partition;
  for (let at = 0; isHeld(); at += 1) {
    const { pending } = partition;
    if (pending === undefined || pending === 'overflowed') return false;
    const next = pending[at];
    if (!next) {
      endPending(partition); // in the step in which nothing was left: the next one goes into memory at once
      return true;
    }
    const applied = takeAtOnce(aggregator, next, aggregator.heart.last?.position);
    if (applied.kind === 'hole') await fillHole(aggregator, next, applied.above, signal);
  }
  return false;
};
