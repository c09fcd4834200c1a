import type { FailpointName } from '@muster/runtime';
import type { NetworkFault } from './fault-proxy.ts';

/** What may go wrong, each a word for `--faults`. */
export const faultKinds = [
  ...['kill', 'term', 'pause'], // a program: SIGKILL, SIGTERM, SIGSTOP
  ...['delay', 'bandwidth', 'slice', 'black-hole', 'one-way', 'reset', 'refuse', 'cut'], // a link
  ...['crash', 'failpoint', 'clock'], // inside a program
  ...['database-kill', 'database-pause', 'oplog', 'disk'],
  'disorder', // an event comes before its predecessor
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** The kinds that strike a link. */
export type NetworkFaultKind = Extract<Fault, { network: NetworkFault }>['kind'];

/** Between a program and MongoDB, or between the gateways and an aggregator: named by the program at its end. */
export type LinkName = `mongodb:${string}` | `wire:${string}`;

/**
 * One fault, as a plain description. `ms` is how long it lasts: with `kill` and `term` the time until the program is
 * started again (0 with `kill`: at once, by who watches it), with `crash` and `failpoint` the longest that it is waited
 * for.
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

/** Where a fault strikes: what the longest answers are told apart by. */
export type Struck = 'gateway' | 'aggregator' | 'database';

export const struckBy = ({ target }: Fault): Struck => {
  if (target === 'mongodb') return 'database';
  if (target.startsWith('mongodb:')) return target.includes('gateway') ? 'database' : 'aggregator';
  return target.startsWith('gateway') ? 'gateway' : 'aggregator';
};

/** A fault in a few words: `black-hole wire:aggregator-1 up 4000 ms`. Pure. */
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
