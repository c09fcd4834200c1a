import type { Aggregator } from './aggregator.ts';
import type { ExpiryReason, RecoveryMode } from './lifecycle.ts';
import { endMembership } from './membership.ts';
import type { Numbers } from './numbers.ts';
import { countUnsaved, expectAllCheckpoints } from './progress.ts';
import { beginPending, dropPartitions, own, serve } from './table.ts';

/** Takes partitions in, to be restored beside those in service, and gives others up. */
export const movePartitions = ({ logger, table }: Aggregator, added: Numbers, dropped: Numbers): void => {
  logger.info({ added, dropped }, 'The members have changed: partitions move');
  beginPending(table, added);
  dropPartitions(table, dropped);
};

/** Puts partitions that were restored by this mode in service. */
export const servePartitions = (
  { heart, logger, progress, table }: Aggregator,
  partitions: Numbers,
  mode: RecoveryMode,
): void => {
  const served = serve(table, partitions, heart.last?.position);
  const events = served.reduce((sum, partition) => sum + partition.events, 0);
  const ms = Math.round(performance.now() - progress.restoringSince[mode]);
  logger.info({ mode, partitions: served.length, events, ms }, 'Restored, in service');
};

/**
 * From now on this aggregator saves these partitions and no others. What a former owner did not save is due now, and
 * the next checkpoints reach equally far, so that one position reaches everywhere.
 */
export const ownPartitions = ({ progress, table }: Aggregator, partitions: Numbers): void => {
  for (const { changed } of own(table, partitions)) {
    countUnsaved(progress, changed.size);
    expectAllCheckpoints(progress);
  }
};

/** Serves nothing any more and renews nothing. A replaced log is logged by `mendLog`. */
export const expire = (aggregator: Aggregator, reason: ExpiryReason): void => {
  const { logger, metrics, table } = aggregator;
  if (reason === 'leaseExpired') {
    metrics.leasesExpired.inc();
    logger.warn('The lease expired while others went on: coming back as a new member');
  }
  endMembership(aggregator);
  dropPartitions(table, table.keys());
};
