/** A call that took longer than its deadline. */
export class DeadlineError extends Error {
  override name = 'DeadlineError';
}

/**
 * Returns the result of `work`, or throws DeadlineError after `ms` milliseconds. The driver's own time limits do not
 * hold against a paused server. `work` continues and its result is discarded. `what` completes the message "Cannot …".
 */
export const withinDeadline = async <T>(work: Promise<T>, ms: number, what: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DeadlineError(`Cannot ${what}: no answer from the database within ${Math.round(ms)} ms`)),
      Math.max(0, ms),
    );
  });
  try {
    return await Promise.race([work, bound]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
};
