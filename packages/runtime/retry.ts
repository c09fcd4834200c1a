import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Returns the pause before try number `failures` + 1, in milliseconds. It doubles from `firstMs` up to `mostMs`, and is
 * then reduced by a random part of up to one half.
 */
export const backOffMs = (failures: number, firstMs = 50, mostMs = 5_000) =>
  Math.min(mostMs, firstMs * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() / 2);

/** Waits `ms` milliseconds, or until `signal` aborts. Never throws. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/**
 * Calls `attempt` until it succeeds, and returns its result. Returns undefined when `signal` aborts first. The pauses
 * grow with each failure, see `backOffMs`. `onFailure` receives each error with the number of failures. An error for
 * which `isFinal` is true is thrown at once.
 */
export const retryUntil = async <T>(
  attempt: () => Promise<T>,
  signal: AbortSignal,
  onFailure: (error: unknown, failures: number) => void,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<T | undefined> => {
  for (let failures = 0; !signal.aborted; ) {
    try {
      return await attempt();
    } catch (error) {
      if (isFinal(error)) throw error;
      failures += 1;
      onFailure(error, failures);
      await pause(backOffMs(failures), signal);
    }
  }
  return undefined;
};

/**
 * Calls `task` about every `everyMs()` milliseconds, measured from start to start, one call at a time, until `signal`
 * aborts. After a slow call it still pauses for a tenth of that time. `onFailure` receives each error, and the loop
 * continues.
 */
export const repeat = async (
  task: () => Promise<void>,
  everyMs: () => number,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<void> => {
  while (!signal.aborted) {
    const startedAt = performance.now();
    await task().catch(onFailure);
    const every = everyMs();
    await pause(Math.max(every / 10, every - (performance.now() - startedAt)), signal);
  }
};

/**
 * As `repeat`, but calls `task` in step: at the full multiples of `everyMs` milliseconds on the clock `now`. All tasks
 * and all processes in step on one clock wake the processors, and each other, once instead of many times.
 */
export const repeatInStep = (
  task: () => Promise<void>,
  everyMs: number,
  now: () => number,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<void> => {
  let startedAt = 0;
  const started = () => {
    startedAt = performance.now();
    return task();
  };
  return repeat(started, () => nextStepMs(performance.now() - startedAt, now(), everyMs), signal, onFailure);
};

/**
 * Returns the time from the start of a call to the start of the next one, in milliseconds. The call took `tookMs`, and
 * ended at `now` on the clock. The next one begins at the next step, or at the one after it if less than a tenth of a
 * step is left. After a call that took more than half a step, it does not wait for a step: a slow renewal of a lease
 * must not delay the next one. Pure.
 */
export const nextStepMs = (tookMs: number, now: number, everyMs: number): number => {
  if (tookMs > everyMs / 2) return everyMs;
  const leftMs = Math.ceil(everyMs - (now % everyMs));
  return tookMs + (leftMs < everyMs / 10 ? leftMs + everyMs : leftMs);
};
