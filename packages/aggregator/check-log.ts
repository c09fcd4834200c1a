import { partitionHash } from '@muster/placement';
import { isLogWhole, type KeptLog, mendLog } from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { beginAgain } from './membership.ts';

/** Keeps the log whole; when it is another one, all is restored from it as a new member. Throws as `mendLog`. */
export const checkLog = async (aggregator: Aggregator): Promise<void> => {
  const kept = keptOf(aggregator);
  if (!(await isLogWhole(kept)) && (await mendLog(kept))) beginAgain(aggregator);
};

/** The log as this aggregator is set to keep it. */
export const keptOf = ({ entities, log, logger, settings }: Aggregator): KeptLog => ({
  ...{ entities: [...entities.values()], log, logger },
  shape: { partitions: settings.PARTITIONS, hash: partitionHash },
});
