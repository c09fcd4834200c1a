import { partitionHash } from '@muster/placement';
import { isLogWhole, type KeptLog, mendLog } from '@muster/store';
import type { Aggregator } from './aggregator.ts';

/** Keeps the log whole. `replaced`: it is another one, and what is in memory is not of it. Throws as `mendLog`. */
export const checkLog = async (aggregator: Aggregator): Promise<'same' | 'replaced'> => {
  const kept = keptOf(aggregator);
  if (await isLogWhole(kept)) return 'same';
  return (await mendLog(kept)) ? 'replaced' : 'same';
};

/** The log as this aggregator is set to keep it. */
export const keptOf = ({ entities, log, logger, settings }: Aggregator): KeptLog => ({
  ...{ entities: [...entities.values()], log, logger },
  shape: { partitions: settings.PARTITIONS, hash: partitionHash },
});
