/** A protocol violation by a peer. The message completes a sentence: what is, what should be, and what to do. */
export type WireProblem = {
  kind: 'language' | 'secret' | 'identity' | 'incarnation' | 'frame' | 'request' | 'flood';
  message: string;
};

/**
 * For each kind of problem: when it was last logged, and how many were not logged since. A plain value, changed only in
 * this file.
 */
export type Complaints = Map<WireProblem['kind'], { loggedAt: number; unlogged: number }>;

const logEveryMs = 10_000;

export const openComplaints = (): Complaints => new Map();

/**
 * Returns the problem to log, with the number of unlogged ones before it. Returns undefined within 10 seconds of the
 * last one of its kind, so that a peer cannot flood the log.
 */
export const complain = (complaints: Complaints, problem: WireProblem, now: number): WireProblem | undefined => {
  const last = complaints.get(problem.kind);
  if (last && now - last.loggedAt < logEveryMs) {
    last.unlogged += 1;
    return undefined;
  }
  complaints.set(problem.kind, { loggedAt: now, unlogged: 0 });
  return last && last.unlogged > 0
    ? { ...problem, message: `${problem.message} (and ${last.unlogged} more of this kind since the last log line)` }
    : problem;
};
