import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * The queries that take longer than one turn of the event loop, and those that wait. Few run at once, so that they do
 * not delay reads and events. A plain value. Only this file changes it.
 */
export type LongQueries = { free: number; waiting: Set<() => void> };

const placesMax = 2;
const turnMs = 4;

export const openLongQueries = (): LongQueries => ({ free: placesMax, waiting: new Set() });

/** The time of one query. `paused`: other work was done meanwhile, so that things may have changed. */
export type Pace = {
  queries: LongQueries;
  untilMs: number;
  turnMs: number;
  turnEndsMs: number;
  paused: boolean;
  hasPlace: boolean;
};

/** Begins a query that may take this many milliseconds. Call `endQuery` afterwards. */
export const beginQuery = (queries: LongQueries, withinMs: number, now = performance.now()): Pace => ({
  queries,
  untilMs: now + withinMs,
  turnMs,
  turnEndsMs: now + turnMs,
  ...{ paused: false, hasPlace: false },
});

/** Begins a query again, because things changed while it paused. Its turns become longer, so that it pauses less. */
export const beginAgain = (pace: Pace, now = performance.now()): void => {
  pace.turnMs *= 2;
  pace.turnEndsMs = now + pace.turnMs;
  pace.paused = false;
};

/** Runs a part of a query to its end, in turns of a few ms. Returns undefined when its time is up. */
export const runPaced = async <Result>(pace: Pace, work: Generator<void, Result>): Promise<Result | undefined> => {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() >= pace.turnEndsMs && !(await pause(pace))) return undefined;
  }
};

/** Lets other work be done. Returns false when the time of the query is up. */
const pause = async (pace: Pace): Promise<boolean> => {
  pace.paused = true;
  if (!pace.hasPlace) pace.hasPlace = await takePlace(pace);
  if (!pace.hasPlace) return false;
  await nextTurn();
  const now = performance.now();
  pace.turnEndsMs = now + pace.turnMs;
  return now < pace.untilMs;
};

const takePlace = ({ queries, untilMs }: Pace): Promise<boolean> =>
  new Promise((resolve) => {
    if (queries.free > 0) {
      queries.free -= 1;
      return resolve(true);
    }
    const timer = setTimeout(() => settle(false), Math.max(0, untilMs - performance.now()));
    const settle = (taken: boolean) => {
      clearTimeout(timer);
      queries.waiting.delete(goOn);
      resolve(taken);
    };
    const goOn = () => settle(true);
    queries.waiting.add(goOn);
  });

/** Passes the place of a query to the next one that waits. */
export const endQuery = (pace: Pace): void => {
  if (!pace.hasPlace) return;
  pace.hasPlace = false;
  const [next] = pace.queries.waiting;
  if (next) next();
  else pace.queries.free += 1;
};
