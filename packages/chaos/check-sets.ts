import { isDeepStrictEqual } from 'node:util';
import { type FoldedLog, lastState, stateAt } from './fold-log.ts';
import { type Call, isWrite, type SetCall } from './history.ts';
import { inOrder } from './walk-list.ts';

/**
 * What an answer may lag behind beyond what it says itself, in milliseconds: the time between two heartbeats, and a
 * stall of the machine.
 */
const marginMs = 2_500;

/** By how much the clocks of one machine may differ, in milliseconds. */
const clockMs = 100;

/**
 * What is wrong with COUNT and LIST given while all is in flux: how many users they may show lies between bounds, as
 * each user may be seen in any state from what the answer's lag, or the time that it says to be of, allows to what was
 * asked for before it came. What lists show must have been so, in order, and nothing twice; no answer is of a time to
 * come. `before`: the log before these calls. Pure.
 */
export const checkSetsInFlux = (
  log: FoldedLog,
  calls: readonly Call[],
  sets: readonly SetCall[],
  before: FoldedLog,
): string[] => {
  const written = timesOf(log, calls);
  const resting = [...before.streams.keys()].filter(
    (id) => !written.has(id) && lastState(before, id).status === 'active',
  ).length;
  return sets.flatMap((set) => [
    ...checkReply(set),
    ...(set.status === 200 ? checkShown(log, written, resting, set) : []),
  ]);
};

/** By id: when each version may have come into the log; the last time is endless for a write of which nobody heard. */
type Times = Map<string, { version: number; from: number; to: number }[]>;

const timesOf = (log: FoldedLog, calls: readonly Call[]): Times => {
  const asked = new Map(calls.filter(isWrite).map((call) => [call.requestId, call]));
  const times: Times = new Map();
  for (const [id, stream] of log.streams) {
    const own = stream.flatMap(({ version, meta }) => {
      const call = asked.get(meta.requestId);
      return call
        ? [{ version, from: call.invokedAt, to: call.outcome === 'ok' ? call.completedAt : Number.POSITIVE_INFINITY }]
        : [];
    });
    if (own.length > 0) times.set(id, own);
  }
  return times;
};

const checkReply = (set: SetCall): string[] => {
  if (set.status === undefined || set.status === 200) return [];
  if (set.status !== 503) return [`${tell(set)}: unexpected`];
  return set.retryAfter ? [] : [`${tell(set)} without Retry-After`];
};

const checkShown = (log: FoldedLog, written: Times, resting: number, set: SetCall): string[] => {
  const since = oldestShown(set);
  let [least, most] = [resting, resting];
  for (const [id, times] of written) {
    const states = statesWithin(log, id, times, since, set.completedAt);
    if (states.every((status) => status === 'active')) least += 1;
    if (states.some((status) => status === 'active')) most += 1;
  }
  const isPlausible = set.count === undefined || (set.count >= least && set.count <= most);
  return [
    ...((set.agedMs ?? 0) < -clockMs ? [`${tell(set)} is as of a time that is still to come`] : []),
    ...(isPlausible ? [] : [`${tell(set)}: between ${least} and ${most} are possible`]),
    ...checkListed(log, set),
  ];
};

/** The moment before which all that was stored is shown: by the answer's lag, or as of when it says to be. */
const oldestShown = ({ invokedAt, completedAt, lagMs = 0, agedMs }: SetCall): number =>
  (agedMs === undefined ? invokedAt - lagMs : completedAt - agedMs) - marginMs;

/**
 * In which states a user may have been seen: at the last version known to be stored at `since`, up to the last one
 * asked for before `until`.
 */
const statesWithin = (
  log: FoldedLog,
  id: string,
  times: Times extends Map<string, infer T> ? T : never,
  since: number,
  until: number,
) => {
  const oldest = (times[0]?.version ?? 1) - 1;
  const lowest = times.reduce((version, one) => (one.to < since ? Math.max(version, one.version) : version), oldest);
  const highest = times.reduce((version, one) => (one.from < until ? Math.max(version, one.version) : version), oldest);
  return Array.from(
    { length: Math.max(0, highest - lowest) + 1 },
    (_, index) => stateAt(log, id, lowest + index)?.status,
  );
};

const checkListed = (log: FoldedLog, set: SetCall): string[] => {
  const users = set.users ?? [];
  const ids = new Set(users.map(({ id }) => id));
  const doubled = ids.size < users.length ? [`${tell(set)} shows a user twice`] : [];
  const strange = users.filter(
    (user) => !(log.states.get(user.id ?? '') ?? []).some((state) => isDeepStrictEqual(state.user, user)),
  );
  return [
    ...doubled,
    ...(isDeepStrictEqual(inOrder(users), users) ? [] : [`${tell(set)} shows users out of order`]),
    ...strange.slice(0, 3).map((user) => `${tell(set)} shows ${JSON.stringify(user)}, which it never was`),
  ];
};

const tell = ({ op, session, status, count, source }: SetCall) =>
  `${op} of ${session} → ${status ?? 'no answer'} ${count ?? ''} from ${source ?? 'nobody'}`;
