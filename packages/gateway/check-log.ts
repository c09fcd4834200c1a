import { partitionHash } from '@muster/placement';
import { type Cluster, isLogWhole, type KeptLog, mendLog } from '@muster/store';
import type { Gateway } from './gateway.ts';
import { closeMembers } from './members.ts';
import { forgetAll } from './remembered.ts';

/**
 * Keeps the log whole; `reading` reads the settings. If the log was replaced, this forgets everything about the former
 * log. It forgets the aggregators first, so that no command is decided on their states. Throws as `isLogWhole` and
 * `mendLog`.
 */
export const checkLog = async (gateway: Gateway, reading: Promise<Cluster>): Promise<void> => {
  const kept = keptOf(gateway);
  if (await isLogWhole(kept, reading)) return;
  closeMembers(gateway.members);
  if (await mendLog(kept)) forgetAll(gateway.remembered);
};

/** The log, with the settings by which this gateway keeps it. */
export const keptOf = ({ entities, log, logger, settings }: Gateway): KeptLog => ({
  ...{ entities, log, logger },
  shape: { partitions: settings.PARTITIONS, hash: partitionHash },
});
