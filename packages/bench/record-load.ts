import { inTimeMs, type KindResult, type LoadResult, type Slice, sliceMs, type Waits } from './load-spec.ts';
import { percentile } from './statistics.ts';

/** What a load has recorded so far. A plain value, changed only in this file. Times are in milliseconds. */
export type LoadRecord = {
  startedAt: number;
  warmMs: number;
  totalMs: number;
  answered: number;
  /** Times and failures of the window, by kind of request. */
  byKind: Map<string, { times: number[]; failed: number }>;
  good: number;
  refused: number;
  statuses: Record<string, number>;
  faults: Record<string, number>;
  notSent: number;
  slices: Slice[];
  answers: LoadResult['answers'];
};

/** Opens an empty record of a load that starts at `startedAt`, has its window after `warmMs`, and lasts `totalMs`. */
export const openRecord = (startedAt: number, warmMs: number, totalMs: number): LoadRecord => ({
  ...{ startedAt, warmMs, totalMs },
  ...{ answered: 0, byKind: new Map(), good: 0, refused: 0, statuses: {}, faults: {}, notSent: 0, slices: [] },
  answers: [],
});

const noWaits: Waits = { unsentMs: 0, connectMs: 0, answerMs: 0 };

/** Records an answer to a request that was due at `dueAt` and arrived at `at`. */
export const recordAnswer = (
  record: LoadRecord,
  { kind, expected }: { kind: string; expected: number },
  status: number,
  dueAt: number,
  at: number,
  waits = noWaits,
): void => {
  record.statuses[status] = (record.statuses[status] ?? 0) + 1;
  if (isInWindow(record, at)) record.answered += 1;
  const isRefused = status === 503 || status === 429;
  note(record, kind, dueAt, at - dueAt, status === expected ? 'good' : isRefused ? 'refused' : 'failed');
  if (status === expected && at - dueAt <= inTimeMs) sliceOf(record, at).inTime += 1;
  const slice = sliceOf(record, dueAt);
  slice.unsentMs = Math.max(slice.unsentMs, waits.unsentMs);
  slice.connectMs = Math.max(slice.connectMs, waits.connectMs);
  slice.answerMs = Math.max(slice.answerMs, waits.answerMs);
};

/** Records a request that got no answer. Its time counts as 10 s. */
export const recordFault = (record: LoadRecord, kind: string, why: string, dueAt: number): void => {
  record.faults[why] = (record.faults[why] ?? 0) + 1;
  note(record, kind, dueAt, 10_000, 'failed');
};

/** Records a due request that was not sent. */
export const recordNotSent = (record: LoadRecord): void => {
  record.notSent += 1;
};

/** Whether a moment is in the window of the load. */
export const isInWindow = ({ startedAt, warmMs, totalMs }: LoadRecord, at: number) =>
  at >= startedAt + warmMs && at < startedAt + totalMs;

const note = (record: LoadRecord, kind: string, dueAt: number, ms: number, end: 'good' | 'refused' | 'failed') => {
  const slice = sliceOf(record, dueAt);
  slice.due += 1;
  slice[end] += 1;
  slice.mostMs = Math.max(slice.mostMs, ms);
  if (!isInWindow(record, dueAt)) return;
  if (end === 'good') record.good += 1;
  if (end === 'refused') record.refused += 1;
  const own = record.byKind.get(kind) ?? { times: [], failed: 0 };
  record.byKind.set(kind, own);
  own.times.push(ms);
  if (end !== 'good') own.failed += 1;
};

const sliceOf = ({ slices, startedAt }: LoadRecord, dueAt: number): Slice => {
  const index = Math.max(0, Math.floor((dueAt - startedAt) / sliceMs));
  while (slices.length <= index)
    slices.push({ due: 0, good: 0, refused: 0, failed: 0, mostMs: 0, inTime: 0, ...noWaits });
  return slices[index] as Slice;
};

/**
 * Returns the result of a finished load. `ownMicros` is the generator's own processor time in the window, `ownLateMs`
 * the longest delay of its event loop.
 */
export const resultOf = (record: LoadRecord, ownMicros: number, ownLateMs = 0): LoadResult => {
  const kinds = [...record.byKind.entries()];
  const seconds = (record.totalMs - record.warmMs) / 1_000;
  const all = kindResult(
    kinds.flatMap(([, { times }]) => times),
    kinds.reduce((sum, [, { failed }]) => sum + failed, 0),
  );
  return {
    ...all,
    seconds,
    perSecond: record.answered / seconds,
    answered: record.answered,
    goodPerSecond: record.good / seconds,
    refused: record.refused,
    byKind: Object.fromEntries(kinds.map(([kind, { times, failed }]) => [kind, kindResult(times, failed)])),
    statuses: record.statuses,
    faults: record.faults,
    notSent: record.notSent,
    slices: record.slices,
    answers: record.answers,
    ownShare: ownMicros / 1e6 / seconds,
    ownLateMs,
  };
};

const kindResult = (times: readonly number[], failed: number): KindResult => {
  const [p50Ms = 0, p99Ms = 0, mostMs = 0] = [0.5, 0.99, 1].map((share) => percentile(times, share));
  return { requests: times.length, failed, p50Ms, p99Ms, mostMs };
};
