import { isDeepStrictEqual } from 'node:util';
import type { FoldedLog } from './fold-log.ts';
import { type Call, isWrite, type PastCall, type PastEvent } from './history.ts';

/**
 * Returns what is wrong with histories that were read during writes. A history has the events of the log, newest first,
 * without a gap, each with its data and what it changed. Its newest event is no older than any write that was answered
 * before the question. Pure.
 */
export const checkPast = (log: FoldedLog, calls: readonly Call[], past: readonly PastCall[]): string[] => {
  const answered = calls.filter((call) => isWrite(call) && call.outcome === 'ok');
  return past.flatMap((asked) => {
    if (asked.status === undefined) return [];
    if (asked.status === 200) return checkShown(log, answered, asked);
    if (asked.status !== 503) return [`${describePast(asked)}: unexpected status`];
    return asked.retryAfter ? [] : [`${describePast(asked)} without Retry-After`];
  });
};

const checkShown = (log: FoldedLog, answered: readonly Call[], asked: PastCall): string[] => {
  const { id, invokedAt, events = [] } = asked;
  const newest = events[0]?.version ?? 0;
  const before = answered.filter((call) => call.id === id && call.completedAt < invokedAt);
  const least = before.reduce((version, call) => Math.max(version, call.version ?? 0), 0);
  const isDense = events.every(({ version }, at) => version === newest - at);
  const strange = events.find((event) => !isOfLog(log, id, event));
  return [
    ...(newest < least ? [`${describePast(asked)}, though version ${least} was answered before`] : []),
    ...(isDense ? [] : [`${describePast(asked)} has a gap`]),
    ...(strange ? [`${describePast(asked)} shows ${JSON.stringify(strange)}, which is not in the log`] : []),
  ];
};

const isOfLog = (log: FoldedLog, id: string, { version, type, requestId, data, changes }: PastEvent): boolean => {
  const event = log.streams.get(id)?.[version - 1];
  if (!event || event.type !== type || event.meta.requestId !== requestId) return false;
  if (!isDeepStrictEqual(event.data, data)) return false;
  const [before, after] = [version - 1, version].map((one) => log.states.get(id)?.[one]?.shown);
  if (!after) return changes === null;
  return (
    Object.entries(changes ?? {}).every(([name, value]) => Object(after)[name] === value) &&
    (!before || isWhole(before, after, changes))
  );
};

/** Whether the changes name every field that differs. */
const isWhole = (before: object, after: object, changes: object | null | undefined): boolean =>
  Object.entries(after).every(([name, value]) => Object(before)[name] === value || name in (changes ?? {}));

const describePast = ({ session, id, status, events }: PastCall) =>
  `history of ${id} for ${session} → ${status ?? 'no answer'} at version ${events?.[0]?.version ?? 'none'}`;
