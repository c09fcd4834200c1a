import { distrustRecords, proveLog } from '@muster/store';
import type { Aggregator } from './aggregator.ts';

const distrustDeadlineMs = 2_000;

/**
 * Does `save` only where the log is still the one that the states in memory are of. When it was replaced meanwhile, what
 * was saved does not belong to it, and is marked to be removed. Throws where nothing, or nothing to be trusted, was saved.
 */
export const saveUnderGuard = async (aggregator: Aggregator, save: () => Promise<void>): Promise<void> => {
  const { guard, log, membership } = aggregator;
  const isSame = async () => (await proveLog(log, guard)) && guard.logId === membership.log;
  if (!(await isSame())) throw new Error('the log was dropped or replaced: what is in memory is of another one');
  await save();
  if (await isSame()) return;
  await distrustRecords(log, distrustDeadlineMs);
  throw new Error('the log was dropped or replaced while its records were saved: they are marked to be removed');
};
