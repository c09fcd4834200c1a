/**
 * The loads under way, by key, and for each the one that follows it. A plain value, changed in this file only. It holds
 * no more than there are requests that wait, and nothing once they are answered.
 */
export type Loads<Result> = Map<string, Load<Result>>;

type Load<Result> = { untilMs: number; result: Promise<Result>; next: Load<Result> | undefined };

/** Loads something, in so much time, from what the load before it gave: undefined where none did. */
export type Loading<Result> = (former: Result | undefined, withinMs: number) => Promise<Result>;

export const openLoads = <Result>(): Loads<Result> => new Map();

/**
 * The result of a load that began after this call. While one is under way, all later calls share the next one: it
 * begins when that one ends. A load may take until the latest `untilMs` (on the monotonic clock, milliseconds) of those
 * that wait for it; each must itself stop waiting at its own.
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
  loads.set(key, own); // from now on, callers wait for the one after this
  try {
    return await load(from, own.untilMs - performance.now());
  } finally {
    if (!own.next) loads.delete(key);
  }
};
