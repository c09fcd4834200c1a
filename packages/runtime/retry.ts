import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long to wait before try number `failures` + 1, in milliseconds: doubling from `firstMs` to `mostMs`, with up to
 * half of it taken off at random.
 */
export const backOffMs = (failures: number, firstMs = 50, mostMs = 5_000) =>
  Math.min(mostMs, firstMs * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() / 2);

/** Waits `ms` milliseconds, or less when `signal` aborts; never throws. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/**
 * Does `attempt` until it succeeds or `signal` aborts (then undefined), waiting longer from try to try; `onFailure`
 * hears of every failure. An error for which `isFinal` holds is thrown at once.
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
 * Does `task` every `everyMs` milliseconds (asked anew after each, from one start to the next; a slow one still leaves
 * a pause), one at a time, until `signal` aborts; `onFailure` hears of what it throws and the round goes on.
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
