import { partitionHash } from '@muster/placement';
import { isLogWhole, type KeptLog, mendLog } from '@muster/store';
import type { Gateway } from './gateway.ts';
import { closeMembers } from './members.ts';
import { forgetAll } from './remembered.ts';

/**
 * Keeps the log whole. When it was replaced, forgets what was known of the former log: first the aggregators with its
 * states, so that no command is decided on them. Throws as `mendLog`.
 */
export const checkLog = async (gateway: Gateway): Promise<void> => {
  const kept = keptOf(gateway);
  if (await isLogWhole(kept)) return;
  closeMembers(gateway.members);
  if (await mendLog(kept)) forgetAll(gateway.remembered);
};

/** The log as this gateway is set to keep it. */
export const keptOf = ({ entities, log, logger, settings }: Gateway): KeptLog => ({
  ...{ entities, log, logger },
  shape: { partitions: settings.PARTITIONS, hash: partitionHash },
});
