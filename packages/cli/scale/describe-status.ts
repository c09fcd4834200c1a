import { byNumber, type Copies, describePartitions, describeWhere, type Running } from '@muster/supervisor';
import { describeCopies, partitionsOf, table } from './describe-copies.ts';

/**
 * Describes what runs now: the processes of the supervisor, if there is one, the other aggregators on the same
 * database, and which partitions each of them serves. Pure.
 */
export const describeStatus = (running: Running | undefined, copies: Copies): string => {
  const own = running?.processes ?? [];
  const others = copies.live.filter((name) => !own.some((one) => one.name === name)).sort(byNumber);
  const rows = [
    ...own.map((one) => [one.name, String(one.pid), describeWhere(one), describeHeld(copies, one.name)]),
    ...others.map((name) => [name, '-', 'not started here', describeHeld(copies, name)]),
  ];
  return [
    ...(running ? [`Muster runs at ${running.url ?? 'no address yet'} (pid ${running.supervisorPid})`, ''] : []),
    ...table([['PROCESS', 'PID', 'WHERE', 'PARTITIONS'], ...rows]),
    '',
    describeCopies(copies),
    ...copies.missing.map((problem) => `  ${problem}`),
    ...(running?.changing === undefined ? [] : [`Running change: ${running.changing}`]),
  ].join('\n');
};

const describeHeld = (copies: Copies, name: string): string => {
  const held = partitionsOf(copies, name);
  if (held.length > 0) return `${held.length}: ${describePartitions(held)}`;
  return copies.live.includes(name) ? 'none' : '-';
};
