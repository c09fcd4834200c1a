/** Requests that wait until a stream reaches a version. A plain value; only this file changes it. */
export type Waiting = { byStream: Map<string, Waiter[]>; count: number };

type Waiter = { version: number; wake: (reached: boolean) => void };

const waitersMax = 10_000;

export const openWaiting = (): Waiting => ({ byStream: new Map(), count: 0 });

/**
 * Waits until the stream has reached this version. Returns true then, false after `waitMs` milliseconds, and false at
 * once if 10,000 requests wait already.
 */
export const waitForVersion = (waiting: Waiting, key: string, version: number, waitMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    if (waiting.count >= waitersMax || waitMs <= 0) return resolve(false);
    const waiter: Waiter = { version, wake: () => undefined };
    const timer = setTimeout(() => waiter.wake(false), waitMs);
    waiter.wake = (reached) => {
      clearTimeout(timer);
      remove(waiting, key, waiter);
      resolve(reached);
    };
    waiting.byStream.set(key, [...(waiting.byStream.get(key) ?? []), waiter]);
    waiting.count += 1;
  });

/** Wakes the requests that wait for the event's version of its stream, or an earlier one. */
export const wakeWaiters = (waiting: Waiting, { entity, entityId, version }: Reached): void => {
  if (waiting.count === 0) return;
  const waiters = waiting.byStream.get(`${entity}:${entityId}`) ?? [];
  for (const waiter of waiters.filter((one) => one.version <= version)) waiter.wake(true);
};

type Reached = { entity: string; entityId: string; version: number };

const remove = (waiting: Waiting, key: string, waiter: Waiter) => {
  const others = (waiting.byStream.get(key) ?? []).filter((one) => one !== waiter);
  if (others.length > 0) waiting.byStream.set(key, others);
  else waiting.byStream.delete(key);
  waiting.count -= 1;
};
