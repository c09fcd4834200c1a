/**
 * Runs `task` for 0 to `count` - 1, in order, at most `concurrency` at a time. Ends early, without an error, when
 * `signal` aborts. Throws the first error of a task.
 */
export const forEachIndex = async (
  count: number,
  concurrency: number,
  task: (index: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  const next = { index: 0 };
  const work = async () => {
    while (next.index < count && !signal.aborted) {
      const { index } = next;
      next.index += 1;
      await task(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, work));
};
