/**
 * What the load generator is to do: as many requests as are answered, for some seconds, over so many connections.
 * `users` and `seed` say which ids there are.
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
 * What came of it; latencies in milliseconds. `requests` counts the warm-up too, the other figures do not; `failed`: no
 * answer, or none with a 2xx.
 */
export type LoadResult = {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  requests: number;
  failed: number;
  statuses: Record<string, number>;
};

/** A mixed load at a fixed rate, whatever the answers take. */
export type MixedSpec = { url: string; path: string; perSecond: number; seconds: number; users: number; seed: number };

export type MixedKind = 'GET' | 'PUT' | 'POST' | 'DELETE';

export type MixedResult = Record<
  MixedKind,
  { requests: number; failed: number; p50Ms: number; p99Ms: number; mostMs: number }
>;
