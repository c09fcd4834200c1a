import type { IncomingMessage } from 'node:http';
import type { Logger } from '@muster/runtime';
import type { Middleware } from 'koa';
import { giveProblem } from './on-koa.ts';
import { unavailable } from './problem.ts';
import type { Settings } from './settings.ts';

/** The requests in progress. A plain value. Only this file changes it. */
export type Requests = {
  inFlight: Set<IncomingMessage>;
  running: number; // handlers that have not ended, even if the client has disconnected
  refused: number;
  loggedAt: number;
};

export const openRequests = (): Requests => ({
  inFlight: new Set(),
  running: 0,
  refused: 0,
  loggedAt: Number.NEGATIVE_INFINITY,
});

type Limited = { requests: Requests; settings: Pick<Settings, 'REQUESTS_MAX'>; logger: Logger };

const logEveryMs = 10_000;

/**
 * Allows `REQUESTS_MAX` requests in progress. Further requests get 503 at once and change nothing. The log says so at
 * most once in 10 s. A request gives its place back when it is answered or its connection closes. Its work, such as a
 * write, still continues. This work is limited to twice `REQUESTS_MAX`: above that, no new request starts.
 */
export const limitRequests = (gateway: Limited): Middleware => {
  const { requests, settings } = gateway;
  return async (ctx, next) => {
    if (requests.inFlight.size >= settings.REQUESTS_MAX || requests.running >= 2 * settings.REQUESTS_MAX) {
      requests.refused += 1;
      logRefused(gateway);
      ctx.state.isLoggedElsewhere = true;
      return giveProblem(
        ctx,
        unavailable(`${settings.REQUESTS_MAX} requests are at work already (REQUESTS_MAX)`, { written: 'notWritten' }),
      );
    }
    const { req, res } = ctx;
    requests.inFlight.add(req);
    requests.running += 1;
    res.once('close', () => requests.inFlight.delete(req)); // even if the handler never ends
    try {
      await next();
    } finally {
      requests.inFlight.delete(req);
      requests.running -= 1;
    }
  };
};

const logRefused = ({ logger, requests }: Limited) => {
  const now = performance.now();
  if (now - requests.loggedAt < logEveryMs) return;
  requests.loggedAt = now;
  logger.warn(
    { inFlight: requests.inFlight.size, running: requests.running, refused: requests.refused },
    'Too many requests at once: answering further ones with 503',
  );
  requests.refused = 0;
};
