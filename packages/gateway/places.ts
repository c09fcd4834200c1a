/**
 * Places for a kind of expensive reads: how many may run at once, and how many may wait. A plain value. Only this file
 * changes it.
 */
export type Places = { free: number; waiting: Set<() => void>; waitingMax: number };

export const openPlaces = (most: number, waitingMax: number): Places => ({
  free: most,
  waiting: new Set(),
  waitingMax,
});

/**
 * Runs `work` in a place, and returns its result. It gets a function that returns how many of `deadlineMs` milliseconds
 * are left. Waits for a place in the order of the calls. Returns undefined, and runs nothing, if too many wait already
 * or no place gets free in time.
 */
export const inPlace = async <Result>(
  places: Places,
  deadlineMs: number,
  work: (leftMs: () => number) => Promise<Result>,
): Promise<Result | undefined> => {
  const untilMs = performance.now() + deadlineMs;
  if (!(await takePlace(places, deadlineMs))) return undefined;
  try {
    return await work(() => untilMs - performance.now());
  } finally {
    leavePlace(places);
  }
};

/**
 * Takes a place, in the order of the calls. Returns false if too many wait already, if no place gets free within
 * `withinMs` milliseconds, or if `signal` aborts. Call `leavePlace` afterwards.
 */
export const takePlace = (places: Places, withinMs: number, signal?: AbortSignal): Promise<boolean> => {
  const { free, waiting, waitingMax } = places;
  if (free > 0) {
    places.free -= 1;
    return Promise.resolve(true);
  }
  if (waiting.size >= waitingMax) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (taken: boolean) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      waiting.delete(goOn);
      resolve(taken);
    };
    const giveUp = () => settle(false);
    const goOn = () => settle(true);
    const timer = setTimeout(giveUp, withinMs);
    signal?.addEventListener('abort', giveUp);
    waiting.add(goOn);
  });
};

/** Passes a taken place to the next one that waits. */
export const leavePlace = (places: Places) => {
  const [next] = places.waiting;
  if (!next) {
    places.free += 1;
    return;
  }
  places.waiting.delete(next);
  next();
};
