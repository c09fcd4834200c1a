import type { FoldedLog } from './fold-log.ts';
import type { Call } from './history.ts';

/**
 * Returns what is wrong with the money in the accounts: no money is made or lost, no balance is ever below zero, and a
 * closed account never changes. `before` is the log of the accounts before these calls. Pure.
 */
export const checkMoney = (log: FoldedLog, calls: readonly Call[], before: FoldedLog): string[] => [
  ...checkSum(log, calls, before),
  ...[...log.states].flatMap(([id, states]) =>
    states.flatMap(({ shown }, version) =>
      (shown?.cents ?? 0) < 0 ? [`The balance of ${id} is ${shown?.cents} cents at version ${version}`] : [],
    ),
  ),
  ...[...log.streams].flatMap(([id, stream]) => {
    const closedAt = stream.findIndex(({ type }) => type === 'AccountClosed');
    const later = closedAt === -1 ? [] : stream.slice(closedAt + 1);
    return later.map(({ type, version }) => `${id} is closed, and has ${type} at version ${version}`);
  }),
];

const signs: Partial<Record<Call['op'], number>> = { deposit: 1, withdraw: -1 };

/** The clients count too: what they were told to have paid in and out, and what may have happened without an answer. */
const checkSum = (log: FoldedLog, calls: readonly Call[], before: FoldedLog): string[] => {
  const isCounted = ({ outcome, requestId }: Call) =>
    outcome === 'ok' || (outcome === 'unknown' && log.byRequest.has(requestId));
  const moved = calls.filter(isCounted).map(({ op, sent }) => (signs[op] ?? 0) * (sent?.cents ?? 0));
  const wanted = sum([totalOf(before), ...moved]);
  const total = totalOf(log);
  return total === wanted
    ? []
    : [`All accounts have ${total} cents, the clients count ${wanted}: ${describeGap(total - wanted)}`];
};

const describeGap = (cents: number) => (cents > 0 ? `${cents} cents were made` : `${-cents} cents were lost`);

const totalOf = ({ states }: FoldedLog): number => sum([...states.values()].map((of) => of.at(-1)?.shown?.cents ?? 0));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
