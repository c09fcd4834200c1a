import type { Fault } from './fault.ts';
import { type Call, isWrite } from './history.ts';

/** A fault as it was: when it struck and when it was healed, on the monotonic clock. */
export type Strike = {
  fault: Fault;
  from: number;
  to: number;
  impossible: string | undefined;
  problem: string | undefined;
  /** After how long the others had all copies, where an aggregator was away by itself for longer than that takes. */
  replacedMs?: number;
};

/** A line that a process wrote. */
export type Line = { at: number; name: string; line: string };

/** What says something of a round only when there was enough of it. */
export const leastAnswered = { calls: 150, writes: 40 };

/** The reason why a round proves nothing: too little traffic, or no fault. Undefined if it is conclusive. Pure. */
export const findInvalid = (calls: readonly Call[], strikes: readonly Strike[]): string | undefined => {
  const answered = calls.filter(({ outcome }) => outcome === 'ok');
  if (answered.length < leastAnswered.calls)
    return `${answered.length} calls were answered, ${leastAnswered.calls} are needed`;
  const writes = answered.filter(isWrite).length;
  if (writes < leastAnswered.writes) return `${writes} writes were answered, ${leastAnswered.writes} are needed`;
  const struck = strikes.filter(({ impossible }) => impossible === undefined);
  if (struck.length === 0) return undefined; // skipped, and told so
  const isUnnoticed = struck.every(
    ({ from, to }) => !calls.some(({ invokedAt, completedAt }) => invokedAt < to && completedAt > from),
  );
  return isUnnoticed ? 'nobody asked anything while the fault lasted' : undefined;
};

/** How often a process may say the same in a minute, and reopen its change stream; above it nobody can read its log. */
export const mostPerMinute = { lines: 1_200, reopened: 60 };

/** Who writes too many lines, or reopens its change stream too often, in a round that took `ms` milliseconds. Pure. */
export const checkPace = (lines: readonly Line[], ms: number): string[] => {
  const minutes = Math.max(ms / 60_000, 0.25); // a round is short: a burst at a fault is no flood
  const names = [...new Set(lines.map(({ name }) => name))];
  return names.flatMap((name) => {
    const own = lines.filter((line) => line.name === name);
    const reopened = own.filter(isReopening).length / minutes;
    const problems = [];
    if (own.length / minutes > mostPerMinute.lines)
      problems.push(`${name} wrote ${Math.round(own.length / minutes)} lines a minute: ${commonest(own)}`);
    if (reopened > mostPerMinute.reopened)
      problems.push(`${name} opened its change stream ${Math.round(reopened)} times a minute`);
    return problems;
  });
};

export const isReopening = ({ line }: Pick<Line, 'line'>): boolean => line.includes('The change stream broke');

const commonest = (lines: readonly Line[]): string => {
  const counts = new Map<string, number>();
  for (const { line } of lines) counts.set(textOf(line), (counts.get(textOf(line)) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([text, count]) => `${count} × ${text}`)[0] ?? '';
};

const textOf = (line: string): string => {
  try {
    return String(JSON.parse(line).msg).slice(0, 80);
  } catch {
    return line.slice(0, 80);
  }
};

/**
 * Returns the log lines that a process must never write: about a repair of wrong memory, or an unexpected failure.
 * Pure.
 */
export const checkLines = (lines: readonly Line[]): string[] => {
  const bad = lines.filter(
    ({ line }) =>
      line.includes('please report') ||
      line.includes('are not whole') ||
      line.includes('Parked ') ||
      line.includes('stopped: ') ||
      line.includes('UnhandledPromiseRejection'),
  );
  return bad.map(({ name, line }) => `${name} says: ${line.slice(0, 300)}`);
};

/**
 * What a client had to wait for while a fault lasted: the longest in milliseconds, how many calls were answered, how
 * many after `lateMs`, how many not at all.
 */
export type Waits = { ms: number; answered: number; late: number; unanswered: number };

/** The deadline of a reply to a create, read, update or delete, in milliseconds. */
export const lateMs = 250;

/** Returns how long clients waited during a fault. Pure. */
export const waitsDuring = (calls: readonly Call[], { from, to }: Pick<Strike, 'from' | 'to'>): Waits => {
  const during = calls.filter(({ invokedAt, completedAt }) => invokedAt < to && completedAt > from);
  const answered = during.filter(({ status }) => status !== undefined);
  const took = answered.map(({ invokedAt, completedAt }) => completedAt - invokedAt);
  const late = took.filter((ms) => ms > lateMs).length;
  return {
    ms: took.reduce((most, ms) => Math.max(most, ms), 0),
    answered: answered.length,
    late,
    unanswered: during.length - answered.length,
  };
};
