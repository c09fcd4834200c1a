import { partitionHash } from '@muster/placement';
import { type Cluster, isLogWhole, type KeptLog, mendLog } from '@muster/store';
import type { Aggregator } from './aggregator.ts';

/**
 * Checks the log, with the settings that `reading` reads, and mends it if needed. Returns `replaced` if it is another
 * log: then the states in memory are not from it. Throws the errors of `isLogWhole` and `mendLog`.
 */
export const checkLog = async (aggregator: Aggregator, reading: Promise<Cluster>): Promise<'same' | 'replaced'> => {
  const kept = keptOf(aggregator);
  if (await isLogWhole(kept, reading)) return 'same';
  return (await mendLog(kept)) ? 'replaced' : 'same';
};

/** The log with its entities and settings, as the store's checks need it. */
export const keptOf = ({ entities, log, logger, settings }: Aggregator): KeptLog => ({
  ...{ entities: [...entities.values()], log, logger },
  shape: { partitions: settings.PARTITIONS, hash: partitionHash },
});
