/** What a load sends. Each recipe is one function in requests.ts. */
export type RecipeName =
  | 'get'
  | 'post'
  | 'timed'
  | 'put'
  | 'exists'
  | 'hot'
  | 'unseen'
  | 'unchanged'
  | 'mixed'
  | 'contended'
  | 'remove'
  | 'page';

/**
 * The task of the load generator. `users` and `seed` define the existing ids. Without `phases` it is a closed loop:
 * each of `connections` connections sends the next request when it has the answer to the last one.
 */
export type LoadSpec = {
  url: string;
  path: string;
  users: number;
  seed: number;
  recipe: RecipeName;
  /** The number of connections of a closed loop, and the greatest number of an open one. */
  connections: number;
  /** The time before the measured window, in seconds. */
  warmSeconds: number;
  /** The measured window of a closed loop, in seconds. */
  seconds: number;
  /**
   * An open loop: constant rates, one after another, whatever the answers take. The first `warmSeconds` of the first
   * phase come before the window.
   */
  phases?: { perSecond: number; seconds: number }[];
  /** How many due requests of an open loop may wait for a connection. Further ones are not sent. 100,000 by default. */
  queueMax?: number;
  /** The offset of the pages of the recipe `page`. The first user that the recipe `remove` deletes. */
  offset?: number;
  /** The query of the recipe `page`, instead of one with the offset. */
  query?: string;
};

/** What became of the requests of one kind. Times are in milliseconds. */
export type KindResult = { requests: number; failed: number; p50Ms: number; p99Ms: number; mostMs: number };

/**
 * Where a request waited, in milliseconds: for a free connection of the generator, for its new connection, and for the
 * answer. The last one includes the time until the service accepted the connection.
 */
export type Waits = { unsentMs: number; connectMs: number; answerMs: number };

/**
 * What became of the requests that were due in one slice of 100 ms, and their longest times. `inTime`: the good answers
 * that arrived in this slice, at most 2 s after their requests were due.
 */
export type Slice = Waits & {
  due: number;
  good: number;
  refused: number;
  failed: number;
  mostMs: number;
  inTime: number;
};

/**
 * The result of a load. Times run from the moment when a request was due. All figures are of the measured window,
 * except `statuses`, `faults` and `slices`, which are of the whole load. `refused` counts answers 503 and 429, `failed`
 * all that were not answered as expected, `refused` included.
 */
export type LoadResult = KindResult & {
  seconds: number;
  /** Answers that arrived in the window, by second. */
  perSecond: number;
  /** Answers that arrived in the window. */
  answered: number;
  /** Good answers to requests that were due in the window, by second. */
  goodPerSecond: number;
  refused: number;
  byKind: Record<string, KindResult>;
  statuses: Record<string, number>;
  /** Requests without an answer, by reason. */
  faults: Record<string, number>;
  /** Due requests that were not sent, as all connections were busy and the queue for them was full. */
  notSent: number;
  slices: Slice[];
  /** Of the recipe `timed`: when each request of the window was due and was answered, by the machine's clock. */
  answers: [dueAt: number, answeredAt: number][];
  /** The processor time of the generator itself in the window, as a share of one core. */
  ownShare: number;
  /** How late the generator's own event loop was at most. Answers may have waited so long to be read by it. */
  ownLateMs: number;
};

/** What the generator sends to its parent: the edges of the window, then the result. */
export type GeneratorMessage = { kind: 'begin' } | { kind: 'end' } | { kind: 'result'; result: LoadResult };

export const sliceMs = 100;

/** The longest time to an answer that a client accepts. */
export const inTimeMs = 2_000;
