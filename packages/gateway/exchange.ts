import type { Fault } from '@muster/model';

/**
 * One request and its answer, as the routes see them. A plain value that does not depend on the HTTP framework: both
 * roads of the gateway fill it in before a route, and send it after. Headers that are missing are empty texts.
 */
export type Exchange = {
  readonly requestId: string;
  readonly actor: string; // the name of the client's key; empty without one
  readonly trace: string; // a valid `traceparent`, or empty
  readonly ifMatch: string;
  readonly ifNoneMatch: string;
  readonly minVersion: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly input: unknown; // the body of the request, parsed
  status: number;
  headers: string[]; // of the answer: name, value, name, value…
  body: string | Buffer; // of the answer
  faults: readonly Fault[]; // that a problem in the answer lists
};

/** Opens an exchange for a request. */
export const openExchange = (
  request: Pick<Exchange, 'requestId'> &
    Partial<Pick<Exchange, 'actor' | 'trace' | 'ifMatch' | 'ifNoneMatch' | 'minVersion' | 'query' | 'input'>>,
): Exchange => ({
  requestId: request.requestId,
  actor: request.actor ?? '',
  trace: request.trace ?? '',
  ifMatch: request.ifMatch ?? '',
  ifNoneMatch: request.ifNoneMatch ?? '',
  minVersion: request.minVersion ?? '',
  query: request.query ?? noQuery,
  input: request.input,
  status: 404,
  headers: [],
  body: '',
  faults: noFaults,
});

const noQuery = {};
const noFaults: readonly Fault[] = [];

/** Whether an answer with this status has a body. */
export const hasBody = (status: number): boolean => status !== 204 && status !== 304;

/** The names of the conditional headers that a request has. */
export const conditionsOf = ({ ifMatch, ifNoneMatch }: Exchange): string =>
  [ifMatch.trim() === '' ? '' : 'If-Match', ifNoneMatch.trim() === '' ? '' : 'If-None-Match']
    .filter((name) => name !== '')
    .join(' and ');
