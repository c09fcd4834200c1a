import type { Context } from 'koa';
import type { Gateway } from './gateway.ts';

/**
 * The id of a request, and until when its command must be answered (monotonic, milliseconds): from now, when it is
 * read, as an upload may take its time.
 */
export const requestOf = ({ settings }: Gateway, ctx: Context): { requestId: string; deadlineAt: number } => ({
  requestId: ctx.state.requestId,
  deadlineAt: performance.now() + settings.WRITE_DEADLINE_MS,
});
