import { isDeepStrictEqual } from 'node:util';
import { type FoldedLog, lastState, stateAt } from './fold-log.ts';
import { type Call, isWrite, type SetCall, type User } from './history.ts';
import type { Folded } from './subjects.ts';
import { inOrder } from './walk-list.ts';

/**
 * How much older than its own lag an answer may be, in milliseconds: the time between two heartbeats plus a stall of
 * the machine.
 */
const marginMs = 2_500;

/** How much the clocks of processes on one machine may differ, in milliseconds. */
const clockMs = 100;

/**
 * Returns what is wrong with answers to COUNT, LIST and views during writes. An answer may show each user in any state
 * between two bounds. The lower bound comes from the answer's lag or Muster-As-Of, the upper bound from the writes that
 * were sent before it came. This gives the lowest and the highest possible count, also for each group of a view.
 * A list must show real states, in order, each user once. Muster-As-Of must not be in the future. `before`: the log
 * before these calls. Pure.
 */
export const checkSetsInFlux = (
  log: FoldedLog,
  calls: readonly Call[],
  sets: readonly SetCall[],
  before: FoldedLog,
): string[] => {
  const written = timesOf(log, calls);
  const resting = [...before.streams.keys()].flatMap((id) => {
    const state = lastState(before, id);
    return !written.has(id) && state.status === 'active' ? [state] : [];
  });
  return sets.flatMap((set) => [
    ...checkReply(set),
    ...(set.status === 200 ? checkShown(log, written, resting, set) : []),
  ]);
};

/** By id: when each version may have been stored. `to` is infinite for a write whose outcome is unknown. */
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
  if (set.status !== 503) return [`${describeSet(set)}: unexpected status`];
  return set.retryAfter ? [] : [`${describeSet(set)} without Retry-After`];
};

const checkShown = (log: FoldedLog, written: Times, resting: readonly Folded[], set: SetCall): string[] => {
  const since = oldestShown(set);
  let [least, most] = [resting.length, resting.length];
  const groups = boundsOf(resting);
  for (const [id, times] of written) {
    const states = statesWithin(log, id, times, since, set.completedAt);
    if (states.every((state) => state?.status === 'active')) least += 1;
    if (states.some((state) => state?.status === 'active')) most += 1;
    addToBounds(groups, states);
  }
  const isPlausible = set.count === undefined || (set.count >= least && set.count <= most);
  return [
    ...((set.agedMs ?? 0) < -clockMs ? [`${describeSet(set)}: its Muster-As-Of is in the future`] : []),
    ...(isPlausible ? [] : [`${describeSet(set)}: expected ${least} to ${most}`]),
    ...checkListed(log, set),
    ...checkGroups(groups, set),
  ];
};

/** The time up to which the answer must show all stored events: from its lag or its Muster-As-Of. */
const oldestShown = ({ invokedAt, completedAt, lagMs = 0, agedMs }: SetCall): number =>
  (agedMs === undefined ? invokedAt - lagMs : completedAt - agedMs) - marginMs;

/**
 * The possible states of a user: from the last version that was stored at `since` to the last one sent before `until`.
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
  return Array.from({ length: Math.max(0, highest - lowest) + 1 }, (_, index) => stateAt(log, id, lowest + index));
};

const checkListed = (log: FoldedLog, set: SetCall): string[] => {
  const users = set.users ?? [];
  const ids = new Set(users.map(({ id }) => id));
  const doubled = ids.size < users.length ? [`${describeSet(set)} shows a user twice`] : [];
  const strange = users.filter(
    (user) => !(log.states.get(user.id ?? '') ?? []).some((state) => isDeepStrictEqual(state.shown, user)),
  );
  return [
    ...doubled,
    ...(isInOrder(log, set, users) ? [] : [`${describeSet(set)} shows users out of order`]),
    ...strange.slice(0, 3).map((user) => `${describeSet(set)} shows ${JSON.stringify(user)}, which was never a state`),
  ];
};

const isInOrder = (log: FoldedLog, { op }: SetCall, users: readonly User[]): boolean => {
  if (op === 'list') return isDeepStrictEqual(inOrder(users), users);
  const times = users.map(({ id = '' }) => log.streams.get(id)?.[0]?.at.getTime() ?? 0);
  return times.every((time, at) => at === 0 || time <= (times[at - 1] ?? 0));
};

/** By group: how many users it has certainly, and how many it may have. */
type Bounds = Map<number | null, { least: number; most: number }>;

const boundsOf = (resting: readonly Folded[]): Bounds => {
  const bounds: Bounds = new Map();
  for (const state of resting) addToBounds(bounds, [state]);
  return bounds;
};

const addToBounds = (bounds: Bounds, states: readonly (Folded | undefined)[]): void => {
  const groups = states.map((state) => (state?.status === 'active' ? (state.shown?.group ?? null) : undefined));
  for (const group of new Set(groups)) {
    if (group === undefined) continue;
    const known = bounds.get(group) ?? { least: 0, most: 0 };
    if (groups.every((one) => one === group)) known.least += 1;
    known.most += 1;
    bounds.set(group, known);
  }
};

/** Checks the groups of a view that has all of them. */
const checkGroups = (bounds: Bounds, set: SetCall): string[] => {
  if (!set.groups || set.count === undefined) return [];
  const counts = new Map(set.groups.map(({ key, count }) => [key, count]));
  const keys = set.groups.map(({ key }) => key ?? Number.NEGATIVE_INFINITY); // null comes first
  const wrong = [...new Set([...bounds.keys(), ...counts.keys()])].filter((group) => {
    const { least, most } = bounds.get(group) ?? { least: 0, most: 0 };
    const count = counts.get(group) ?? 0;
    return count < least || count > most;
  });
  return [
    ...(counts.size < set.groups.length ? [`${describeSet(set)} shows a group twice`] : []),
    ...(keys.every((key, at) => at === 0 || key > (keys[at - 1] ?? 0)) ? [] : [`${describeSet(set)} is out of order`]),
    ...wrong.slice(0, 3).map((group) => {
      const { least, most } = bounds.get(group) ?? { least: 0, most: 0 };
      return `${describeSet(set)}: group ${group} has ${counts.get(group) ?? 0}, expected ${least} to ${most}`;
    }),
  ];
};

const describeSet = ({ op, session, status, count, source }: SetCall) =>
  `${op} of ${session} → ${status ?? 'no answer'} ${count ?? ''} from ${source ?? 'no source'}`;
