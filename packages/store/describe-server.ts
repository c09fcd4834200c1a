import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** Returns the version that the database server reports. Throws DeadlineError after `deadlineMs` milliseconds. */
export const readServerVersion = async (log: Log, deadlineMs: number): Promise<string> => {
  const asked = handlesOf(log).db.admin().command({ buildInfo: 1 });
  return (await withinDeadline(asked, deadlineMs, "read the server's version")).version;
};
