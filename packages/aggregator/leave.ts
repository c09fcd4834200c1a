import { pause } from '@muster/runtime';
import { leaveMembers } from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import type { Numbers } from './numbers.ts';
import { saveSnapshot } from './snapshot.ts';

const leaveDeadlineMs = 2_000;
const inspectEveryMs = 5;

/**
 * Saves a last snapshot of these partitions, then deletes this aggregator's member document. If the database does not
 * answer, the document stays until the lease expires. Never throws.
 */
export const leave = async (aggregator: Aggregator, save: Numbers): Promise<void> => {
  const { heart, log, logger } = aggregator;
  if (save.length > 0) await snapshotEnded(aggregator);
  const outcome = save.length > 0 ? await saveSnapshot(aggregator, save) : 'nothing';
  await leaveMembers(log, { _id: heart.name, incarnation: heart.incarnation }, leaveDeadlineMs).catch(() => undefined);
  logger.info({ lastSnapshot: outcome }, 'Stopped');
};

const snapshotEnded = async ({ progress, settings }: Aggregator) => {
  const until = performance.now() + settings.SNAPSHOT_DEADLINE_MS;
  while (progress.snapshotting && performance.now() < until) await pause(inspectEveryMs);
};
