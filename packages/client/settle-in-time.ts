export type Settled<Value> =
  | { kind: 'value'; value: Value }
  | { kind: 'failed'; error: unknown }
  | { kind: 'late' }
  | { kind: 'aborted' };

/**
 * Waits for a promise, `withinMs` milliseconds at most, or until the signal aborts. Never rejects. The work itself goes
 * on: the caller has to end it.
 */
export const settleInTime = <Value>(
  work: Promise<Value>,
  withinMs: number,
  signal: AbortSignal,
): Promise<Settled<Value>> =>
  new Promise((resolve) => {
    const settle = (settled: Settled<Value>) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve(settled);
    };
    const abort = () => settle({ kind: 'aborted' });
    const timer = setTimeout(() => settle({ kind: 'late' }), Math.min(withinMs, timerMaxMs));
    signal.addEventListener('abort', abort);
    work.then(
      (value) => settle({ kind: 'value', value }),
      (error) => settle({ kind: 'failed', error }),
    );
    if (signal.aborted) abort();
  });

/** Waits so many milliseconds, or until the signal aborts. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  await settleInTime(new Promise<never>(() => undefined), ms, signal);
};

const timerMaxMs = 2 ** 31 - 1; // a longer timer would fire at once
