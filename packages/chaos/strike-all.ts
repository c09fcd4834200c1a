import { pause } from '@muster/runtime';
import type { Arena } from './arena.ts';
import { heal, inject } from './inject.ts';
import type { Strike } from './judge.ts';
import type { Timed } from './plan.ts';
import { untilReplaced } from './recover.ts';

/**
 * Makes each fault happen at its time. It waits until earlier faults on the same target are healed, because a process
 * that is being stopped cannot be killed. Faults with the same time, such as two failpoints, happen together.
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

/** `copies`: how many copies the other aggregators must reach. Undefined when other faults happen at the same time. */
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
    why: describeError(error),
  }));
  const impossible = result.kind === 'impossible' ? result.why : undefined;
  const replaced = impossible || copies === undefined ? undefined : await replacedBy(arena, fault, copies);
  if (!impossible) await lasting(arena, { ...fault, ms: fault.ms - (performance.now() - from) }, passedBefore);
  const notBack = await heal(arena, fault).then(
    () => undefined,
    (error) => `not ready again after the fault: ${describeError(error)}`,
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

/** For an aggregator that is away for longer than its lease: when the others had taken over all its partitions. */
const replacedBy = async (arena: Arena, { kind, target, ms }: Timed['fault'], copies: number) => {
  const isAway = (kind === 'kill' || kind === 'pause') && target.startsWith('aggregator') && ms > replaceWithinMs;
  return isAway ? untilReplaced(arena, target, copies, replaceWithinMs) : undefined;
};

const replaceWithinMs = 9_000; // a lease of 3 s, a refresh of the members each second, and the restore

/** Waits for the end of a fault: a failpoint ends when a program has passed it, any other fault after its time. */
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

const describeError = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 600);
