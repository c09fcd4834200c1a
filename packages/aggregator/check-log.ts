import { partitionHash } from '@muster/placement';
import { isLogWhole, type KeptLog, mendLog } from '@muster/store';
import type { Aggregator } from './aggregator.ts';

/**
 * Checks the log and mends it if needed. Returns `replaced` if it is another log: then the states in memory are not
 * from it. Throws the errors of `mendLog`.
 */
export const checkLog = async (aggregator: Aggregator): Promise<'same' | 'replaced'> => {
  const kept = keptOf(aggregator);
  if (await isLogWhole(kept)) return 'same';
  return (await mendLog(kept)) ? 'replaced' : 'same';
};

/** The log with its entities and settings, as the store's checks need it. */
export const keptOf = ({ entities, log, logger, settings }: Aggregator): KeptLog => ({
  ...{ entities: [...entities.values()], log, logger },
  shape: { partitions: settings.PARTITIONS, hash: partitionHash },
});
