import type { SettingsDocument } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * Returns the settings that the database was set up with. Throws when it was not set up, and DeadlineError after
 * `deadlineMs` milliseconds.
 */
export const readSettings = async (log: Log, deadlineMs: number): Promise<SettingsDocument> => {
  const found = handlesOf(log).settings.findOne({ _id: 'muster' });
  const settings = await withinDeadline(found, deadlineMs, 'read the settings');
  if (settings === null)
    throw new Error(
      `Cannot read the settings of database "${log.database}": it has none; start Muster on it, or name another one`,
    );
  return settings;
};
