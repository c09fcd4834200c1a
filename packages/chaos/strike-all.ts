import { pause } from '@muster/runtime';
import type { Arena } from './arena.ts';
import { heal, inject } from './inject.ts';
import type { Strike } from './judge.ts';
import type { Timed } from './plan.ts';
import { untilReplaced } from './recover.ts';

/**
 * Each at its time, and not before the former ones on the same target are healed: a process that is being stopped
 * cannot be killed as well. Those of one time, such as two failpoints, come together.
 */
export const strikeAll = (arena: Arena, faults: readonly Timed[], copies: number): Promise<Strike[]> => {
  const begun: { timed: Timed; strike: Promise<Strike> }[] = [];
  for (const timed of [...faults].sort((a, b) => a.atMs - b.atMs)) {
    const former = begun
      .filter((other) => other.timed.fault.target === timed.fault.target && other.timed.atMs < timed.atMs)
      .map(({ strike }) => strike);
    begun.push({ timed, strike: strikeOnce(arena, timed, former, faults.length === 1 ? copies : undefined) });
  }
  return Promise.all(begun.map(({ strike }) => strike));
};

/**
 * `copies`: as many of each partition the others must have after a while; undefined where they have faults of their
 * own.
 */
const strikeOnce = async (
  arena: Arena,
  { atMs, fault }: Timed,
  former: readonly Promise<Strike>[],
  copies: number | undefined,
): Promise<Strike> => {
  await Promise.all([pause(atMs), ...former]);
  const from = performance.now();
  const passedBefore = arena.passed.length;
  const result = await inject(arena, fault).catch((error): { kind: 'impossible'; why: string } => ({
    kind: 'impossible',
    why: tellError(error),
  }));
  const impossible = result.kind === 'impossible' ? result.why : undefined;
  const replaced = impossible || copies === undefined ? undefined : await replacedBy(arena, fault, copies);
  if (!impossible) await lasting(arena, { ...fault, ms: fault.ms - (performance.now() - from) }, passedBefore);
  const notBack = await heal(arena, fault).then(
    () => undefined,
    (error) => `did not come back: ${tellError(error)}`,
  );
  const problem =
    notBack ??
    (replaced && 'lacking' in replaced
      ? `not replaced within ${replaceWithinMs} ms: ${replaced.lacking.join('; ')}`
      : undefined);
  return {
    fault,
    from,
    to: performance.now(),
    impossible,
    problem,
    ...(replaced && 'ms' in replaced ? { replacedMs: replaced.ms } : {}),
  };
};

/**
 * Of an aggregator that is away for longer than its lease, and by itself: when the others had taken over all that it
 * held.
 */
const replacedBy = async (arena: Arena, { kind, target, ms }: Timed['fault'], copies: number) => {
  const isAway = (kind === 'kill' || kind === 'pause') && target.startsWith('aggregator') && ms > replaceWithinMs;
  return isAway ? untilReplaced(arena, target, copies, replaceWithinMs) : undefined;
};

const replaceWithinMs = 9_000; // a lease of 3 s, a look each second, the restore

/** A failpoint is over when it was passed, any other fault after its time. */
const lasting = async ({ passed }: Arena, fault: Timed['fault'], from: number) => {
  if (fault.kind !== 'crash' && fault.kind !== 'failpoint') return pause(fault.ms);
  const isPassed = () =>
    passed
      .slice(from)
      .some(
        ({ name, process, action }) => name === fault.failpoint && process === fault.target && action !== 'noticed',
      );
  for (const until = performance.now() + fault.ms; !isPassed() && performance.now() < until; await pause(20));
  await pause(fault.kind === 'failpoint' && fault.action.kind === 'pause' ? fault.action.ms : 200);
};

const tellError = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 600);
