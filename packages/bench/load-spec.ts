/**
 * The task of the load generator: send as many requests as are answered over `connections` connections for `seconds`
 * seconds. `users` and `seed` define the existing ids.
 */
export type LoadSpec = {
  kind: 'GET' | 'POST' | 'PUT';
  url: string;
  path: string;
  connections: number;
  seconds: number;
  users: number;
  seed: number;
};

/**
 * The result of a load; latencies are in milliseconds. `requests` includes the warm-up, the other figures do not.
 * `failed` counts timeouts, errors and answers other than 2xx.
 */
export type LoadResult = {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  requests: number;
  failed: number;
  statuses: Record<string, number>;
};

/** A mixed load at a fixed rate, which does not wait for answers. */
export type MixedSpec = { url: string; path: string; perSecond: number; seconds: number; users: number; seed: number };

export type MixedKind = 'GET' | 'PUT' | 'POST' | 'DELETE';

export type MixedResult = Record<
  MixedKind,
  { requests: number; failed: number; p50Ms: number; p99Ms: number; mostMs: number }
>;
