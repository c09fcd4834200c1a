/**
 * The running loads by key, each with the next one. A plain value. Only this file changes it. It is never larger than
 * the number of waiting requests, and empty when all are answered.
 */
export type Loads<Result> = Map<string, Load<Result>>;

type Load<Result> = { untilMs: number; result: Promise<Result>; next: Load<Result> | undefined };

/** Loads something within a time. `former` is the result of the load before it, or undefined. */
export type Loading<Result> = (former: Result | undefined, withinMs: number) => Promise<Result>;

export const openLoads = <Result>(): Loads<Result> => new Map();

/**
 * Returns the result of a load that begins after this call. While a load runs, all later calls share the next one,
 * which begins when the first ends. A load may take until the latest `untilMs` of its callers (monotonic clock,
 * milliseconds). Each caller must stop waiting at its own `untilMs`.
 */
export const shareLoad = <Result>(
  loads: Loads<Result>,
  key: string,
  untilMs: number,
  load: Loading<Result>,
): Promise<Result> => {
  const running = loads.get(key);
  if (!running) return begin(loads, key, untilMs, load).result;
  running.next ??= begin(loads, key, untilMs, load, running);
  running.next.untilMs = Math.max(running.next.untilMs, untilMs);
  return running.next.result;
};

const begin = <Result>(
  loads: Loads<Result>,
  key: string,
  untilMs: number,
  load: Loading<Result>,
  former?: Load<Result>,
): Load<Result> => {
  const ended = former ? former.result.catch(() => undefined) : Promise.resolve(undefined);
  const begun: Load<Result> = {
    untilMs,
    result: ended.then((from) => run(loads, key, begun, load, from)),
    next: undefined,
  };
  if (!former) loads.set(key, begun);
  return begun;
};

const run = async <Result>(
  loads: Loads<Result>,
  key: string,
  own: Load<Result>,
  load: Loading<Result>,
  from: Result | undefined,
): Promise<Result> => {
  loads.set(key, own); // later callers wait for the next load
  try {
    return await load(from, own.untilMs - performance.now());
  } finally {
    if (!own.next) loads.delete(key);
  }
};
