import type { Logger } from '@muster/runtime';
import { type Problem, unavailable } from './problem.ts';
import type { Settings } from './settings.ts';

/** The requests in progress. A plain value. Only this file changes it. */
export type Requests = {
  inFlight: Set<object>; // each stands for a request
  running: number; // handlers that have not ended, even if the client has disconnected
  work: Record<RequestKind, Work>;
  refused: number; // since the log last said so
  loggedAt: number;
};

export type RequestKind = 'read' | 'write';

/**
 * The requests of one kind whose work has begun, and how many may be at work at once. The limit follows what the
 * process and the database can do: it falls while requests are slow, and rises again while it is used.
 */
type Work = {
  count: number;
  begunSum: number; // of the times at which their work began, in whole milliseconds
  limit: number;
  refused: number; // since the limit was last adapted, as all below
  ended: number;
  msSum: number; // that the ended ones took
  since: number;
  perMs: number; // how many end in a millisecond, on average of the last half second
};

export const openRequests = (): Requests => ({
  inFlight: new Set(),
  running: 0,
  work: { read: openWork(), write: openWork() },
  refused: 0,
  loggedAt: Number.NEGATIVE_INFINITY,
});

const openWork = (): Work => ({
  ...{ count: 0, begunSum: 0, limit: startLimit, refused: 0, ended: 0, msSum: 0 },
  ...{ since: Number.NEGATIVE_INFINITY, perMs: 0 },
});

/** What the limit needs of a gateway. */
export type Limited = {
  requests: Requests;
  settings: Pick<Settings, 'REQUESTS_MAX'>;
  logger: Logger;
  metrics: { refused: { inc: (labels: { reason: string }) => void } };
};

const logEveryMs = 10_000;
const slowMs = 500; // requests that take longer on average wait for each other
const adaptEveryMs = 100;
const averageMs = 500;
const startLimit = 1_000;
const leastLimit = 64; // a few slow requests are no overload

/** Whether a request only reads. */
export const kindOf = (method: string | undefined): RequestKind =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'read' : 'write';

/**
 * Returns the answer to a request for which there is no place, or undefined. There is no place while `REQUESTS_MAX`
 * requests are in progress, or while the limit of its kind is reached: then one more would only wait. The log says so
 * at most once in 10 s.
 */
export const findNoPlace = (limited: Limited, kind: RequestKind, now = performance.now()): Problem | undefined => {
  const { requests, settings, metrics } = limited;
  const work = requests.work[kind];
  adapt(work, settings.REQUESTS_MAX, now);
  const isFull = requests.inFlight.size >= settings.REQUESTS_MAX || requests.running >= 2 * settings.REQUESTS_MAX;
  if (!isFull && work.count < work.limit) return undefined;
  work.refused += 1;
  requests.refused += 1;
  metrics.refused.inc({ reason: isFull ? 'full' : `slow-${kind}s` });
  logRefused(limited);
  const full = `${settings.REQUESTS_MAX} requests are at work already (REQUESTS_MAX)`;
  const slow = `${work.count} ${kind}s are at work already, and more would take longer than ${slowMs} ms`;
  return unavailable(isFull ? full : slow, { written: 'notWritten' });
};

/**
 * Adapts the limit of one kind of requests to how long they took since the last time, or have been at work. While they
 * are slow, the limit is what ends within `slowMs`, and a bit less. It must not fall further: under overload a turn of
 * the event loop alone may take so long, and with fewer requests in it, fewer would be answered, and none sooner.
 */
const adapt = (work: Work, most: number, now: number) => {
  const elapsedMs = now - work.since;
  if (elapsedMs < adaptEveryMs) return;
  const { count, begunSum, ended, msSum, refused, limit } = work;
  const meanMs = Math.max(ended > 0 ? msSum / ended : 0, count > 0 ? now - begunSum / count : 0);
  const perMs = work.perMs + (ended / elapsedMs - work.perMs) * Math.min(1, elapsedMs / averageMs);
  if (meanMs > slowMs) work.limit = Math.max(leastLimit, Math.min(most, Math.floor(perMs * slowMs * 0.8)));
  else if (refused > 0 || count > limit / 2)
    work.limit = Math.min(most, Math.ceil(limit * (meanMs > slowMs / 2 ? 1.05 : 1.25)));
  Object.assign(work, { refused: 0, ended: 0, msSum: 0, since: now, perMs });
};

/** Notes that a request takes a place. */
export const enter = (requests: Requests, request: object): void => {
  requests.inFlight.add(request);
  requests.running += 1;
};

/** Notes that the handler of a request ended. */
export const leave = (requests: Requests, request: object): void => {
  requests.inFlight.delete(request);
  requests.running -= 1;
};

/** Notes that the work on a request begins: its body has been read. Returns what `endWork` needs. */
export const beginWork = ({ work }: Requests, kind: RequestKind, now = performance.now()): number => {
  const begunAt = Math.round(now);
  work[kind].count += 1;
  work[kind].begunSum += begunAt;
  return begunAt;
};

/** Notes that the work on a request ended. */
export const endWork = (requests: Requests, kind: RequestKind, begunAt: number, now = performance.now()): void => {
  const work = requests.work[kind];
  work.count -= 1;
  work.begunSum -= begunAt;
  work.ended += 1;
  work.msSum += now - begunAt;
};

const logRefused = ({ logger, requests }: Limited) => {
  const now = performance.now();
  if (now - requests.loggedAt < logEveryMs) return;
  requests.loggedAt = now;
  const { inFlight, running, refused, work } = requests;
  logger.warn(
    { inFlight: inFlight.size, running, reads: work.read.count, writes: work.write.count, refused },
    'Too many requests at once: answering further ones with 503',
  );
  requests.refused = 0;
};
