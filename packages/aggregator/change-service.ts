import type { Aggregator } from './aggregator.ts';
import type { ExpiryReason, RecoveryMode } from './lifecycle.ts';
import { endMembership } from './membership.ts';
import type { Numbers } from './numbers.ts';
import { countUnsaved, expectAllCheckpoints } from './progress.ts';
import { beginPending, dropPartitions, own, serve } from './table.ts';

/** Adds empty partitions, to be restored beside those that are served, and drops others. */
export const movePartitions = ({ logger, table }: Aggregator, added: Numbers, dropped: Numbers): void => {
  logger.info({ added, dropped }, 'The members have changed: adding and dropping partitions');
  beginPending(table, added);
  dropPartitions(table, dropped);
};

/** Begins to serve partitions that were restored in this mode. */
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
 * Makes this aggregator the owner of these partitions and no others: it saves them from now on. Changes that a former
 * owner did not save count as unsaved. The next snapshot writes the checkpoints of all owned partitions, so that a
 * change stream from the oldest checkpoint begins late enough.
 */
export const ownPartitions = ({ progress, table }: Aggregator, partitions: Numbers): void => {
  for (const { changed } of own(table, partitions)) {
    countUnsaved(progress, changed.size);
    expectAllCheckpoints(progress);
  }
};

/** Stops serving and stops renewing the lease. Logs an expired lease; `mendLog` logs a replaced log. */
export const expire = (aggregator: Aggregator, reason: ExpiryReason): void => {
  const { logger, metrics, table } = aggregator;
  if (reason === 'leaseExpired') {
    metrics.leasesExpired.inc();
    logger.warn('The lease expired while other members renewed theirs. Joining again as a new member');
  }
  endMembership(aggregator);
  dropPartitions(table, table.keys());
};
