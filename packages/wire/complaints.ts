/** What a peer did wrong. `kind` is one of few words; the message says what was tried, what is, and what to do. */
export type WireProblem = {
  kind: 'language' | 'secret' | 'identity' | 'incarnation' | 'frame' | 'request' | 'flood';
  message: string;
};

/**
 * Which kinds of problems were told when, and how many since then were not. A plain value, changed in this file only.
 */
export type Complaints = Map<WireProblem['kind'], { loggedAt: number; unlogged: number }>;

const tellEveryMs = 10_000;

export const openComplaints = (): Complaints => new Map();

/**
 * The problem as it is to be told, with the number of those that were not; undefined within 10 s of the last of its
 * kind, so that nobody floods a log.
 */
export const complain = (complaints: Complaints, problem: WireProblem, now: number): WireProblem | undefined => {
  const last = complaints.get(problem.kind);
  if (last && now - last.loggedAt < tellEveryMs) {
    last.unlogged += 1;
    return undefined;
  }
  complaints.set(problem.kind, { loggedAt: now, unlogged: 0 });
  return last && last.unlogged > 0
    ? { ...problem, message: `${problem.message} (and ${last.unlogged} more like this before)` }
    : problem;
};
