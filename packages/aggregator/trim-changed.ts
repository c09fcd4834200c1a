import { setImmediate as immediate } from 'node:timers/promises';
import type { Aggregator } from './aggregator.ts';
import { evictKept } from './evict.ts';
import { readStoredCheckpoints } from './restore.ts';
import { dropReached } from './table.ts';

const trimDeadlineMs = 2_000;

/**
 * Discards the changes that stored checkpoints cover, in partitions that others save. The remaining changes must be
 * saved here if the owner dies. Also evicts states that memory need not have. Throws when the database does not answer.
 */
export const trimChanged = async (aggregator: Aggregator): Promise<void> => {
  evictKept(aggregator);
  const { table } = aggregator;
  const due = [...table.values()]
    .filter(({ owned, changed }) => !owned && changed.size > 0)
    .map(({ number }) => number);
  if (due.length === 0) return;
  const checkpoints = await readStoredCheckpoints(aggregator, due, trimDeadlineMs);
  for (const number of due) {
    const partition = table.get(number);
    const checkpoint = checkpoints.get(number);
    if (partition && checkpoint && !partition.owned) dropReached(partition, checkpoint.position);
    await immediate(); // requests are answered in between
  }
};
