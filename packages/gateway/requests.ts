import type { IncomingMessage } from 'node:http';
import type { Logger } from '@muster/runtime';
import { type Problem, unavailable } from './problem.ts';
import type { Settings } from './settings.ts';

/** The requests in progress. A plain value. Only this file changes it. */
export type Requests = {
  inFlight: Set<IncomingMessage>;
  running: number; // handlers that have not ended, even if the client has disconnected
  work: Record<RequestKind, Work>;
  refused: number; // since the log last said so
  loggedAt: number;
};

export type RequestKind = 'read' | 'write';

/** The requests whose work has begun, and the sum of the times at which it began, in whole milliseconds. */
type Work = { count: number; begunSum: number };

export const openRequests = (): Requests => ({
  inFlight: new Set(),
  running: 0,
  work: { read: { count: 0, begunSum: 0 }, write: { count: 0, begunSum: 0 } },
  refused: 0,
  loggedAt: Number.NEGATIVE_INFINITY,
});

/** What the limit needs of a gateway. */
export type Limited = {
  requests: Requests;
  settings: Pick<Settings, 'REQUESTS_MAX'>;
  logger: Logger;
  metrics: { refused: { inc: (labels: { reason: string }) => void } };
};

const logEveryMs = 10_000;
const lateMs = 500; // with requests of this mean age at work, a new one would take about a second
const lateCountMin = 64; // a few slow requests are no overload

/** Whether a request only reads. */
export const kindOf = (method: string | undefined): RequestKind =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'read' : 'write';

/**
 * Returns the answer to a request for which there is no place, or undefined. There is no place while `REQUESTS_MAX`
 * requests are in progress, or while the requests of its kind at work have a mean age above 500 ms. Then they come
 * faster than they are answered, and one more would only wait. The log says so at most once in 10 s.
 */
export const findNoPlace = (limited: Limited, kind: RequestKind): Problem | undefined => {
  const { requests, settings, metrics } = limited;
  const isFull = requests.inFlight.size >= settings.REQUESTS_MAX || requests.running >= 2 * settings.REQUESTS_MAX;
  if (!isFull && !isLate(requests.work[kind])) return undefined;
  requests.refused += 1;
  metrics.refused.inc({ reason: isFull ? 'full' : `late-${kind}s` });
  logRefused(limited);
  const full = `${settings.REQUESTS_MAX} requests are at work already (REQUESTS_MAX)`;
  const late = `the ${requests.work[kind].count} ${kind}s at work are ${lateMs} ms old on average`;
  return unavailable(isFull ? full : `${late}: more come than are answered`, { written: 'notWritten' });
};

const isLate = ({ count, begunSum }: Work): boolean =>
  count >= lateCountMin && performance.now() - begunSum / count > lateMs;

/** Notes that a request takes a place. */
export const enter = (requests: Requests, req: IncomingMessage): void => {
  requests.inFlight.add(req);
  requests.running += 1;
};

/** Notes that the handler of a request ended. */
export const leave = (requests: Requests, req: IncomingMessage): void => {
  requests.inFlight.delete(req);
  requests.running -= 1;
};

/** Notes that the work on a request begins: its body has been read. Returns what `endWork` needs. */
export const beginWork = ({ work }: Requests, kind: RequestKind): number => {
  const begunAt = Math.round(performance.now());
  work[kind].count += 1;
  work[kind].begunSum += begunAt;
  return begunAt;
};

/** Notes that the work on a request ended. */
export const endWork = ({ work }: Requests, kind: RequestKind, begunAt: number): void => {
  work[kind].count -= 1;
  work[kind].begunSum -= begunAt;
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
