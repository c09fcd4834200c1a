import { pause } from '@muster/runtime';
import { forAll } from '@muster/testing';
import type { Arena } from './arena.ts';
import { checkAnswers, checkMemory, checkSnapshots, readLogs } from './check-copies.ts';
import { checkFeed } from './check-feed.ts';
import { checkHistory } from './check-history.ts';
import { checkInFlight } from './check-in-flight.ts';
import { checkMoney } from './check-money.ts';
import { checkPast } from './check-past.ts';
import { checkRecordWrites } from './check-records.ts';
import { checkSetsInFlux } from './check-sets.ts';
import { type FeedReaders, startReaders, stopReaders, type Way } from './feed-readers.ts';
import type { FoldedLog } from './fold-log.ts';
import { type Call, isWrite, type Outcome } from './history.ts';
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
import { settleLists, startListReaders } from './list-readers.ts';
import type { Observed } from './observe.ts';
import type { Round } from './plan.ts';
import { type Sometimes, sometimesOfRound } from './sometimes.ts';
import { type LoadOptions, strikeUnderLoad, type UnderLoad } from './strike-under-load.ts';
import { subjects } from './subjects.ts';
import { type RecordWatch, stopWatching, watchRecords } from './watch-records.ts';

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
export type Evidence = { lines: Line[]; calls: readonly Call[]; logs: readonly FoldedLog[] };

export type RoundOptions = LoadOptions & {
  say: (text: string) => void;
  /** Called for a round in which a law did not hold. */
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
  const startedAt = performance.now();
  const before = await readLogs(arena.test);
  const insertedBefore = arena.inserted.length;
  const watches = await forAll(Object.values(subjects), 1, (subject) => watchRecords(arena.test, subject));
  await using reading = await startReaders(arena.test.urls, feedWays, round.seed);
  await using following = startListReaders(arena.test.urls, round.seed);
  const underLoad = await strikeUnderLoad(arena, round, options);
  const inFlight = await checkInFlight(arena);
  const logs = await quietLogs(arena);
  await stopReaders(reading, idsOf(logs, before), fedWithinMs);
  const listProblems = await settleLists(following, shownWithinMs);
  const recordProblems = await forAll(watches, 1, (watch) => checkWatched(arena, watch));
  const lines = linesSince(arena, startedAt);
  const calls = [...underLoad.load.calls, ...arena.inserted.slice(insertedBefore)];
  const ms = performance.now() - startedAt;
  const violations = [
    ...underLoad.violations,
    ...inFlight,
    ...logs.flatMap((log, index) => checkLog(log, calls, underLoad.load, before[index] as FoldedLog)),
    ...checkFeed(logs, before, reading.readers, (stream) => !isInserted(arena, stream)),
    ...listProblems,
    ...(await checkCopies(arena, logs, calls)),
    ...recordProblems.flat(),
    ...checkPace(lines, ms),
    ...checkLines(lines),
  ];
  const figures = figuresOf(underLoad, reading, lines);
  const sometimes = sometimesOfRound(logs, underLoad.load, lines, observed.members);
  const result = { round, violations, ...figures, sometimes, ms: performance.now() - startedAt };
  if (violations.length > 0) await options.keep?.(result, { lines, calls: underLoad.load.calls, logs });
  return result;
};

const feedWays: readonly Way[] = ['events', 'events', 'events', 'states', 'socket'];
const fedWithinMs = 20_000;
const shownWithinMs = 20_000;

const idsOf = (logs: readonly FoldedLog[], before: readonly FoldedLog[]): string[] => {
  const known = new Set(before.flatMap(({ events }) => events.map(({ _id }) => _id)));
  return logs.flatMap(({ events }) => events.map(({ _id }) => _id)).filter((id) => !known.has(id));
};

/** Whether the harness inserted a stream, with its second event before the first. */
const isInserted = ({ inserted }: Arena, stream: string): boolean =>
  inserted.some(({ subject, id }) => stream === `${subject}:${id}`);

/** What a report says of a round beside its violations. Pure. */
const figuresOf = (
  { load, strikes, recoveryMs }: UnderLoad,
  { readers }: Pick<FeedReaders, 'readers'>,
  lines: readonly Line[],
) => ({
  strikes,
  recoveryMs,
  invalid: findInvalid(load.calls, strikes),
  calls: {
    ...countBy(load.calls, nameOf),
    ...countBy(load.sets, ({ op }) => op),
    history: load.past.length,
    'upload that broke off': load.aborted,
    'connection to the feed': readers.reduce((sum, { connections }) => sum + connections, 0),
    'lost position of the feed': readers.reduce((sum, { lost }) => sum + lost, 0),
  },
  outcomes: { ...noOutcomes, ...countBy(load.calls, ({ outcome }) => outcome) },
  longest: strikes
    .filter(({ impossible }) => !impossible)
    .map((strike) => ({ strike, ...waitsDuring(load.calls, strike) })),
  reopened: lines.filter(isReopening).length,
});

const nameOf = ({ subject, op }: Call) => (subject === 'user' ? op : `${op} of ${subject}`);

const noOutcomes: Record<Outcome, number> = { ok: 0, refused: 0, notWritten: 0, unknown: 0 };

/** The log, once nothing more comes into it: what was under way at the end of the load may come late. */
const quietLogs = async ({ test }: Arena): Promise<FoldedLog[]> => {
  for (let known = -1; ; await pause(700)) {
    const events = await test.shell.events.countDocuments();
    if (events === known) break;
    known = events;
  }
  return readLogs(test);
};

const checkWatched = async ({ test }: Arena, watch: RecordWatch): Promise<string[]> => {
  const writes = await stopWatching(test, watch);
  return watch.whole ? checkRecordWrites(writes, watch.collection) : [];
};

/** The laws of one entity's log, and those of the entity itself: sets and histories of users, money of accounts. */
const checkLog = (
  log: FoldedLog,
  calls: readonly Call[],
  { past, sets }: Pick<UnderLoad['load'], 'past' | 'sets'>,
  before: FoldedLog,
): string[] => {
  const own = calls.filter(({ subject }) => subject === log.subject.name);
  const common = checkHistory(log, own, before);
  switch (log.subject.name) {
    case 'user':
      return [...common, ...checkSetsInFlux(log, own, sets, before), ...checkPast(log, own, past)];
    case 'account':
      return [...common, ...checkMoney(log, own, before)];
  }
};

/**
 * Every copy of what the log says: what clients are answered, each replica's memory, the records and the checkpoints.
 */
const checkCopies = async ({ test }: Arena, logs: readonly FoldedLog[], calls: readonly Call[]): Promise<string[]> => {
  const touched = new Set(calls.filter(isWrite).map(({ id }) => id));
  const problems = await checkSnapshots(test, logs);
  for (const folded of logs) {
    const ids = [...folded.streams.keys()].filter((id) => touched.has(id)); // the others' memory is looked at directly
    problems.push(...(await checkMemory(test, folded)));
    for (const url of test.urls) problems.push(...(await checkAnswers(test, folded, 'memory', url, ids)));
  }
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
