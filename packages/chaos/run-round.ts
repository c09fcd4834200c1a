import { pause } from '@muster/runtime';
import type { Arena } from './arena.ts';
import { checkAnswers, checkMemory, checkSnapshots, readLog } from './check-copies.ts';
import { checkHistory } from './check-history.ts';
import { checkRecordWrites } from './check-records.ts';
import { checkSetsInFlux } from './check-sets.ts';
import { describeFault } from './fault.ts';
import type { FoldedLog } from './fold-log.ts';
import { type Call, isWrite, type Outcome } from './history.ts';
import { heal, inject } from './inject.ts';
import {
  checkLines,
  checkPace,
  findInvalid,
  isReopening,
  type Line,
  type Strike,
  type Waits,
  waitsDuring,
} from './judge.ts';
import { forgetReturned, startLoad, stopLoad, untilAnswered } from './load.ts';
import type { Observed } from './observe.ts';
import type { Round, Timed } from './plan.ts';
import { untilReplaced, untilWhole } from './recover.ts';
import { type Sometimes, sometimesOfRound } from './sometimes.ts';
import { stopWatching, watchRecords } from './watch-records.ts';

export type RoundResult = {
  round: Round;
  strikes: Strike[];
  violations: string[];
  invalid: string | undefined;
  calls: Record<string, number>; // by what was asked
  outcomes: Record<Outcome, number>;
  /** The longest answer during each fault, and how many calls got none. */
  longest: (Waits & { strike: Strike })[];
  recoveryMs: number | undefined;
  reopened: number;
  ms: number;
  sometimes: Sometimes;
};

/** What a round was, for whoever wants to know why a law did not hold. */
export type Evidence = { lines: Line[]; calls: readonly Call[]; folded: FoldedLog };

export type RoundOptions = {
  copies: number;
  sessions: number;
  pauseMs: number;
  recoverWithinMs: number;
  say: (text: string) => void;
  /** Hears of a round in which a law did not hold. */
  keep?: (result: RoundResult, evidence: Evidence) => Promise<void>;
};

/**
 * One round: a load, faults under it, healing, quiet, and all that must hold then. Throws only when the harness itself
 * cannot go on.
 */
export const runRound = async (
  arena: Arena,
  observed: Observed,
  round: Round,
  options: RoundOptions,
): Promise<RoundResult> => {
  const { test } = arena;
  const startedAt = performance.now();
  const before = await readLog(test);
  const insertedBefore = arena.inserted.length;
  const watch = await watchRecords(test);
  const load = await startLoad(test.urls, { ...options, seed: round.seed, hot: 10 + (round.seed % 41), sets: 0.02 });
  arena.onGatewayGone = () => forgetReturned(load);
  const violations: string[] = [];
  let strikes: Strike[] = [];
  let recoveryMs: number | undefined;
  try {
    await untilAnswered(load, 100, 30_000);
    strikes = await strikeAll(arena, round.faults, options.copies);
    const recovered = await untilWhole(arena, options.copies, options.recoverWithinMs);
    if ('ms' in recovered) recoveryMs = recovered.ms;
    else
      violations.push(`Not whole ${options.recoverWithinMs} ms after the last fault: ${recovered.lacking.join('; ')}`);
    await untilAnswered(load, 200, 30_000).catch((error) => violations.push(`After the faults: ${error.message}`));
  } finally {
    await stopLoad(load);
    arena.onGatewayGone = () => undefined;
  }
  for (const { fault, problem } of strikes) if (problem) violations.push(`${describeFault(fault)}: ${problem}`);
  const folded = await quietLog(arena);
  const writes = await stopWatching(test, watch);
  const lines = linesSince(arena, startedAt);
  const calls = [...load.calls, ...arena.inserted.slice(insertedBefore)];
  const ms = performance.now() - startedAt;
  violations.push(
    ...checkHistory(folded, calls, before),
    ...checkSetsInFlux(folded, calls, load.sets, before),
    ...(await checkCopies(arena, folded, calls)),
    ...(watch.whole ? checkRecordWrites(writes) : []),
    ...checkPace(lines, ms),
    ...checkLines(lines),
  );
  const result: RoundResult = {
    ...{ round, strikes, violations, recoveryMs, ms: performance.now() - startedAt },
    invalid: findInvalid(load.calls, strikes),
    calls: countBy([...load.calls, ...load.sets], ({ op }) => op),
    outcomes: { ok: 0, refused: 0, notWritten: 0, unknown: 0, ...countBy(load.calls, ({ outcome }) => outcome) },
    longest: strikes
      .filter(({ impossible }) => !impossible)
      .map((strike) => ({ strike, ...waitsDuring(load.calls, strike) })),
    reopened: lines.filter(isReopening).length,
    sometimes: sometimesOfRound(folded, load.calls, load.sets, lines, observed.members),
  };
  if (violations.length > 0) await options.keep?.(result, { lines, calls: load.calls, folded });
  return result;
};

/**
 * Each at its time, and not before the former ones on the same target are healed: a process that is being stopped
 * cannot be killed as well. Those of one time, such as two failpoints, come together.
 */
const strikeAll = (arena: Arena, faults: readonly Timed[], copies: number): Promise<Strike[]> => {
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

/** The log, once nothing more comes into it: what was under way at the end of the load may come late. */
const quietLog = async ({ test }: Arena): Promise<FoldedLog> => {
  for (let known = -1; ; await pause(700)) {
    const events = await test.shell.events.countDocuments();
    if (events === known) break;
    known = events;
  }
  return readLog(test);
};

/**
 * Every copy of what the log says: what clients are answered, each replica's memory, the records and the checkpoints.
 */
const checkCopies = async ({ test }: Arena, folded: FoldedLog, calls: readonly Call[]): Promise<string[]> => {
  const touched = new Set(calls.filter(isWrite).map(({ id }) => id));
  const ids = [...folded.streams.keys()].filter((id) => touched.has(id)); // the others' memory is looked at directly
  const problems = [...(await checkMemory(test, folded)), ...(await checkSnapshots(test, folded))];
  for (const url of test.urls) problems.push(...(await checkAnswers(test, folded, 'memory', url, ids)));
  return problems;
};

const linesSince = ({ happened }: Arena, since: number): Line[] =>
  happened.flatMap(({ at, event }) =>
    at >= since && event.kind === 'line' ? [{ at, name: event.name, line: event.line }] : [],
  );

const countBy = <Item>(items: readonly Item[], keyOf: (item: Item) => string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
};

const tellError = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 600);
