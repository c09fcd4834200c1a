import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * Whether the log has the event with this id. A new primary may not know yet that it is committed, so that is not
 * demanded. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const hasEvent = async (log: Log, id: string, deadlineMs: number): Promise<boolean> => {
  const found = handlesOf(log).events.findOne({ _id: id }, { projection: { _id: 1 }, readConcern: 'local' });
  return (await withinDeadline(found, deadlineMs, `look for the event ${id}`)) !== null;
};
