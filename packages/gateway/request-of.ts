import type { Context } from 'koa';
import type { Gateway } from './gateway.ts';

/**
 * Returns the id of a request and the deadline of its command, on the monotonic clock in milliseconds. The time counts
 * from now, when the body has been read, because an upload may be slow.
 */
export const requestOf = ({ settings }: Gateway, ctx: Context): { requestId: string; deadlineAt: number } => ({
  requestId: ctx.state.requestId,
  deadlineAt: performance.now() + settings.WRITE_DEADLINE_MS,
});
