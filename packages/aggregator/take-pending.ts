import type { Aggregator } from './aggregator.ts';
import { recallFor } from './recall.ts';
import { endPending, type Partition } from './table.ts';
import { fillHole, takeAtOnce } from './take-event.ts';

/**
 * Applies the events that the stream brought while these partitions were restored. The scan has brought most of them
 * already. Returns the partitions that are complete now. A partition is not complete if it was dropped meanwhile, even
 * if it was added again, or if its pending events overflowed.
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
      endPending(partition); // without an `await` after the last event: the next one must be applied at once
      return true;
    }
    if (aggregator.keeps) await recallFor(aggregator, [next], 'pending', signal);
    const applied = takeAtOnce(aggregator, next, aggregator.heart.last?.position);
    if (applied.kind === 'hole') await fillHole(aggregator, next, applied.above, signal);
  }
  return false;
};
