/** What a peer did wrong. `kind` is one of few words; the message says what was tried, what is, and what to do. */
export type WireProblem = {
  kind: 'language' | 'secret' | 'identity' | 'incarnation' | 'frame' | 'request' | 'flood';
  message: string;
};

/** When each kind of problem was logged last, and how many were not since. A plain value, changed in this file only. */
export type Complaints = Map<WireProblem['kind'], { loggedAt: number; unlogged: number }>;

const logEveryMs = 10_000;

export const openComplaints = (): Complaints => new Map();

/**
 * The problem as it is to be logged, with the number of those that were not. Undefined within 10 s of the last one of
 * its kind, so that no peer can flood the log.
 */
export const complain = (complaints: Complaints, problem: WireProblem, now: number): WireProblem | undefined => {
  const last = complaints.get(problem.kind);
  if (last && now - last.loggedAt < logEveryMs) {
    last.unlogged += 1;
    return undefined;
  }
  complaints.set(problem.kind, { loggedAt: now, unlogged: 0 });
  return last && last.unlogged > 0
    ? { ...problem, message: `${problem.message} (and ${last.unlogged} more like this before)` }
    : problem;
};
