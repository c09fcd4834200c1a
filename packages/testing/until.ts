import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until `holds` returns a truthy value, and returns that value. Throws after `withinMs` milliseconds, with the
 * name of the condition.
 */
export const until = async <T>(
  what: string,
  holds: () => T | Promise<T>,
  withinMs = 10_000,
): Promise<NonNullable<T>> => {
  for (const deadlineAt = performance.now() + withinMs; ; await sleep(5)) {
    const held = await holds();
    if (held) return held;
    if (performance.now() > deadlineAt) throw new Error(`Waited ${withinMs} ms in vain until ${what}`);
  }
};
