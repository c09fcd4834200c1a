import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { bodyBytesMax } from './read-body.ts';

/** How much of a refused request is still read, in bytes and milliseconds. */
export type DrainLimits = { bytesMax: number; withinMs: number };

/** Shorter than the time that a stopping gateway waits for its connections. */
export const drainLimits: DrainLimits = { bytesMax: 64 * 1024 * 1024, withinMs: 3_000 };

/**
 * Wraps every request, so that an answer reaches a client that is still sending. A close with unread bytes resets the
 * connection, and the client loses the answer. So this sends the answer at once and discards further bytes up to the
 * limits. Then it closes the connection (RFC 9112, 9.6).
 */
export const answerEarly =
  (limits: DrainLimits): Middleware =>
  async (ctx, next) => {
    await next();
    const { req, res } = ctx;
    if (req.complete || req.destroyed || ctx.respond === false) return;
    if (isRestSmall(ctx)) {
      req.resume(); // allows the next request on this connection
      return;
    }
    ctx.respond = false;
    ctx.set('Connection', 'close');
    send(ctx);
    await drain(req, limits);
    res.end();
  };

const isRestSmall = ({ req, res, response }: Context) =>
  res.shouldKeepAlive &&
  response.get('Connection') !== 'close' &&
  Number(req.headers['content-length']) <= bodyBytesMax;

/** Sends the whole answer, and ends only this side of the connection. */
const send = ({ body, method, res }: Context) => {
  if (typeof body === 'string' && method !== 'HEAD') res.write(body);
  else res.flushHeaders();
  res.socket?.end(); // undefined while an earlier request of the connection has no answer
};

/** Discards the rest of a request up to the limits. Past the limits it cuts the connection. */
const drain = async (req: IncomingMessage, { bytesMax, withinMs }: DrainLimits): Promise<void> => {
  const cut = setTimeout(() => req.destroy(), withinMs);
  let bytes = 0;
  try {
    for await (const chunk of req) {
      bytes += chunk.length;
      if (bytes > bytesMax) break; // this destroys the request and its connection
    }
  } catch {
    // the client has disconnected
  } finally {
    clearTimeout(cut);
  }
};
