import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * Returns the approximate number of events in the log, without reading them. Use it for a progress bar. Throws
 * DeadlineError after `deadlineMs` milliseconds.
 */
export const estimateEvents = (log: Log, deadlineMs: number): Promise<number> =>
  withinDeadline(handlesOf(log).events.estimatedDocumentCount(), deadlineMs, 'count the events');
