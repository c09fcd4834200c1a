import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';

/**
 * Returns the id of a request, its actor and trace, and the deadline of its command, on the monotonic clock in
 * milliseconds. The time counts from now, when the body has been read, because an upload may be slow.
 */
export const requestOf = (
  { settings }: Gateway,
  { requestId, actor, trace }: Exchange,
): { requestId: string; actor: string; trace: string; deadlineAt: number } => ({
  requestId,
  actor,
  trace,
  deadlineAt: performance.now() + settings.WRITE_DEADLINE_MS,
});
