import type { Context } from 'koa';
import type { Gateway } from './gateway.ts';

/**
 * Returns a request's id and the deadline of its command (monotonic clock, milliseconds). The deadline counts from now,
 * after the body was read, because an upload may take long.
 */
export const requestOf = ({ settings }: Gateway, ctx: Context): { requestId: string; deadlineAt: number } => ({
  requestId: ctx.state.requestId,
  deadlineAt: performance.now() + settings.WRITE_DEADLINE_MS,
});
