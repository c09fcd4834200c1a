/** What a client asked and got back: one line of a history. Times in milliseconds on this process's monotonic clock. */
export type Call = {
  session: string;
  requestId: string;
  subject: 'user' | 'account';
  op: 'create' | 'update' | 'delete' | 'read' | 'deposit' | 'withdraw' | 'close';
  id: string;
  sent: Shown | undefined;
  /** What Muster-Min-Version asked for. */
  minVersion: number | undefined;
  /** What If-Match asked for: a version that was answered to somebody before. */
  ifVersion?: number | undefined;
  /** A create as PUT with `If-None-Match: *`. */
  onlyNew?: boolean | undefined;
  /**
   * The version that the gateway, as it still runs, returned to this session before, which must not go back even where
   * nothing is asked.
   */
  returned: number;
  invokedAt: number;
  completedAt: number;
  outcome: Outcome;
  /** Undefined where no answer came: the connection was lost, or it took too long. */
  status: number | undefined;
  version: number | undefined; // of the ETag
  shown: Shown | undefined; // in the answer
  problem: { type?: string; written?: string; id?: string; version?: number } | undefined; // in the answer
  source: string | undefined;
  lagMs: number | undefined;
  retryAfter: string | undefined;
};

export type User = { id?: string; name?: string; email?: string; group?: number };

/** The fields of a thing that clients send and receive. */
export type Shown = User & { owner?: string; cents?: number; closedAt?: string };

/**
 * `refused`: the state of things forbids it, nothing was written. `notWritten`: it is not in the log and never will be.
 * `unknown`: it may be.
 */
export type Outcome = 'ok' | 'refused' | 'notWritten' | 'unknown';

export const isWrite = ({ op }: Call): boolean => op !== 'read';

/** How many milliseconds the slowest part `share` of the calls took at least: 0.5 is the median, 1 the slowest. */
export const quantileMs = (calls: readonly Call[], share: number): number => {
  const took = calls.map(({ invokedAt, completedAt }) => completedAt - invokedAt).sort((a, b) => a - b);
  return took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
};

/**
 * A question about all users: COUNT, LIST, a list that is sorted by the time of creation, or the view that counts them
 * by group. `count` is the number that was counted or listed, or the sum of the groups.
 */
export type SetCall = {
  session: string;
  op: 'count' | 'list' | 'sorted' | 'groups';
  invokedAt: number;
  completedAt: number;
  status: number | undefined;
  count: number | undefined;
  users: User[] | undefined;
  groups?: CountedGroup[] | undefined;
  source: string | undefined;
  lagMs: number | undefined;
  /** Where the answer says as of when it is: how many milliseconds before it came that was, by this machine's clock. */
  agedMs: number | undefined;
  retryAfter: string | undefined;
};

export type CountedGroup = { key: number | null; count: number };

/** A question for the history of a user, newest event first. `events` is undefined without an answer. */
export type PastCall = {
  session: string;
  id: string;
  invokedAt: number;
  completedAt: number;
  status: number | undefined;
  events: PastEvent[] | undefined;
  retryAfter: string | undefined;
};

export type PastEvent = { version: number; type: string; requestId?: string; data?: User; changes?: User | null };
