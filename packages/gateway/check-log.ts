import { partitionHash } from '@muster/placement';
import { isLogWhole, type KeptLog, mendLog } from '@muster/store';
import type { Gateway } from './gateway.ts';
import { closeMembers } from './members.ts';
import { forgetAll } from './remembered.ts';

/**
 * Checks the log and repairs it if needed. When the log was replaced, forgets everything about the former one. First
 * disconnects its aggregators, so that no command is decided on their states. Throws the errors of `mendLog`.
 */
export const checkLog = async (gateway: Gateway): Promise<void> => {
  const kept = keptOf(gateway);
  if (await isLogWhole(kept)) return;
  closeMembers(gateway.members);
  if (await mendLog(kept)) forgetAll(gateway.remembered);
};

/** The log with the settings that this gateway checks it against. */
export const keptOf = ({ entities, log, logger, settings }: Gateway): KeptLog => ({
  ...{ entities, log, logger },
  shape: { partitions: settings.PARTITIONS, hash: partitionHash },
});
