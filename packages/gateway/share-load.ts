/**
 * The running loads by key, each with the load that starts after it. A plain value, changed in this file only. It has
 * no entry for a key on which no request waits.
 */
export type Loads<Result> = Map<string, Load<Result>>;

type Load<Result> = { untilMs: number; result: Promise<Result>; next: Load<Result> | undefined };

/**
 * Loads something within `withinMs` milliseconds. `former` is the result of the previous load, or undefined when there
 * is none or it failed.
 */
export type Loading<Result> = (former: Result | undefined, withinMs: number) => Promise<Result>;

export const openLoads = <Result>(): Loads<Result> => new Map();

/**
 * Returns the result of a load that starts after this call. While a load runs, all later calls share the next load,
 * which starts when the running one ends. A load may take until the latest `untilMs` of its callers (monotonic clock,
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
