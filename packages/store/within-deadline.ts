/** A wait that reached its bound. */
export class DeadlineError extends Error {
  override name = 'DeadlineError';
}

/**
 * What `work` gives, or a DeadlineError after `ms` milliseconds, whatever the driver does: its own time limits did not
 * hold against a paused server. The work itself goes on unheeded; `what` says what was tried.
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
