/** A signal that aborts after a time, or with another signal. Disposing it ends its timer. */
export type Deadline = Disposable & { signal: AbortSignal };

/**
 * Opens a deadline in so many milliseconds. Node holds `AbortSignal.timeout` inside `AbortSignal.any` only weakly: when
 * nothing else holds it, it may be collected, and never aborts. The timer here is held.
 */
export const openDeadline = (ms: number, signal?: AbortSignal): Deadline => {
  const controller = new AbortController();
  const stop = () => controller.abort(signal?.reason);
  const timer = setTimeout(() => controller.abort(new DOMException(`${ms} ms have passed`, 'TimeoutError')), ms);
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  const close = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  };
  return { signal: controller.signal, [Symbol.dispose]: close };
};
