import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * About how many events the log has, without reading them: good enough for a progress bar. Throws DeadlineError after
 * `deadlineMs` milliseconds.
 */
export const estimateEvents = (log: Log, deadlineMs: number): Promise<number> =>
  withinDeadline(handlesOf(log).events.estimatedDocumentCount(), deadlineMs, 'count the events');
