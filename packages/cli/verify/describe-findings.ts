import type { Entity } from '@muster/model';
import { type Findings, findUnknown } from './findings.ts';

export type About = {
  entities: readonly Entity[];
  letters: number;
  partitions: number;
  memory: boolean;
  seconds: number;
};

/** Returns the findings as text for a person. Pure. */
export const describeFindings = (findings: Findings, about: About): string => {
  const counts = about.entities.map(
    ({ name }) => `${name}s: ${findings.active.get(name) ?? 0} active, ${findings.deleted.get(name) ?? 0} deleted`,
  );
  return [
    ...counts,
    `events: ${findings.events}`,
    ...(findings.caughtUp > 0
      ? [`looked at twice: ${findings.caughtUp} streams, as they changed meanwhile or were not plainly equal`]
      : []),
    ...describeParked(findings, about.letters),
    ...describeUnlooked(findings, about),
    `differences: ${findings.differences}`,
    ...describeUnknown(findUnknown(findings, about.entities)),
    ...describeDifferences(findings),
    `seconds: ${about.seconds.toFixed(1)}`,
  ].join('\n');
};

const describeUnknown = (names: readonly string[]): string[] =>
  names.length === 0
    ? []
    : [
        `  The log has events of ${names.join(', ')}, which this command was not given. If the system has them, the ` +
          'differences may come from that alone: run it with the same ENTITIES as the system, such as ENTITIES=all',
      ];

const describeParked = ({ parked }: Findings, letters: number): string[] => {
  if (parked.length === 0 && letters === 0) return [];
  const few = parked
    .slice(0, 20)
    .map(({ entity, id, version, problem }) => `  ${entity} "${id}" at version ${version}: ${problem}`);
  return [`parked: ${parked.length} streams, ${letters} dead letters`, ...few];
};

const describeUnlooked = ({ unlooked }: Findings, { memory, partitions }: About): string[] => {
  if (!memory) return ['memory: not looked at, as asked'];
  if (unlooked.size === 0) return [`memory: looked at, ${partitions} partitions`];
  const byReason = new Map<string, number[]>();
  for (const [partition, why] of unlooked) byReason.set(why, [...(byReason.get(why) ?? []), partition]);
  const reasons = [...byReason].map(
    ([why, numbers]) => `  ${why}: ${numbers.length > 1 ? 'partitions' : 'partition'} ${numbers.join(', ')}`,
  );
  return [`memory: NOT LOOKED AT in ${unlooked.size} of ${partitions} partitions`, ...reasons];
};

const describeDifferences = ({ shown, differences }: Findings): string[] => {
  const details = shown.flatMap(({ what, where, expected, found }) => [
    `  ${what} (${where})`,
    `    expected: ${expected}`,
    `    found:    ${found}`,
  ]);
  return differences > shown.length ? [...details, `  … and ${differences - shown.length} more`] : details;
};
