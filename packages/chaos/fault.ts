import type { FailpointName } from '@muster/runtime';
import type { NetworkFault } from './fault-proxy.ts';

/** The kinds of faults, as named by `--faults`. */
export const faultKinds = [
  ...['kill', 'term', 'pause'], // a program: SIGKILL, SIGTERM, SIGSTOP
  ...['delay', 'bandwidth', 'slice', 'black-hole', 'one-way', 'reset', 'refuse', 'cut'], // a link
  ...['crash', 'failpoint', 'clock'], // inside a program
  ...['database-kill', 'database-pause', 'oplog', 'disk'],
  'disorder', // an event comes before the one with the version below
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** The kinds of faults on a link. */
export type NetworkFaultKind = Extract<Fault, { network: NetworkFault }>['kind'];

/** The link of a program to MongoDB, or of the gateways to an aggregator, with the name of that program. */
export type LinkName = `mongodb:${string}` | `wire:${string}`;

/**
 * One fault, as plain data. `ms` is its duration in milliseconds:
 * - `kill` and `term`: the time until the program is started again. With 0, the supervisor restarts a killed program.
 * - `crash` and `failpoint`: the longest time to wait until the program reaches the failpoint.
 */
export type Fault =
  | { kind: 'kill' | 'term' | 'pause'; target: string; ms: number }
  | {
      kind: 'delay' | 'bandwidth' | 'slice' | 'black-hole' | 'one-way' | 'reset' | 'refuse' | 'cut';
      target: LinkName;
      network: NetworkFault;
      ms: number;
    }
  | { kind: 'crash'; target: string; failpoint: FailpointName; nth: number; ms: number }
  | {
      kind: 'failpoint';
      target: string;
      failpoint: FailpointName;
      action: { kind: 'pause'; ms: number } | { kind: 'throw' };
      nth: number;
      ms: number;
    }
  | { kind: 'clock'; target: string; jumpMs: number; ms: number }
  | { kind: 'database-kill' | 'database-pause' | 'disk' | 'disorder'; target: 'mongodb'; ms: number }
  | { kind: 'oplog'; target: string; how: 'paused' | 'down'; ms: number };

/** The part of the system that a fault concerns. The report groups the longest answers by it. */
export type Struck = 'gateway' | 'aggregator' | 'database';

export const struckBy = ({ target }: Fault): Struck => {
  if (target === 'mongodb') return 'database';
  if (target.startsWith('mongodb:')) return target.includes('gateway') ? 'database' : 'aggregator';
  return target.startsWith('gateway') ? 'gateway' : 'aggregator';
};

/** Describes a fault in one line: `black-hole wire:aggregator-1 blackHole=both 4000 ms`. Pure. */
export const describeFault = (fault: Fault): string =>
  [fault.kind, fault.target, ...detailsOf(fault), `${fault.ms} ms`].join(' ');

const detailsOf = (fault: Fault): string[] => {
  if ('network' in fault) return Object.entries(fault.network).map(([name, value]) => `${name}=${value}`);
  switch (fault.kind) {
    case 'crash':
      return [fault.failpoint, `nth=${fault.nth}`];
    case 'failpoint':
      return [
        fault.failpoint,
        fault.action.kind === 'pause' ? `pause=${fault.action.ms}` : 'throw',
        `nth=${fault.nth}`,
      ];
    case 'clock':
      return [`jump=${fault.jumpMs}`];
    case 'oplog':
      return [fault.how];
    default:
      return [];
  }
};
