import type { Fault } from './fault.ts';
import type { Life } from './plan.ts';

const seed = 2_026;

/**
 * The faults begin `atMs` milliseconds after the load. A link or a program has one fault at a time: the next one begins
 * when the former is healed.
 */
const named: [name: string, faults: [atMs: number, fault: Fault][]][] = [
  [
    'aggregators killed, stopped and paused',
    [
      [0, { kind: 'kill', target: 'aggregator-0', ms: 0 }],
      [300, { kind: 'term', target: 'aggregator-1', ms: 500 }],
      [800, { kind: 'pause', target: 'aggregator-2', ms: 1_000 }],
      [2_500, { kind: 'kill', target: 'aggregator-0', ms: 1_000 }],
      [2_700, { kind: 'kill', target: 'aggregator-1', ms: 500 }],
    ],
  ],
  [
    'bad links between gateways and aggregators',
    [
      [0, { kind: 'delay', target: 'wire:aggregator-0', network: { delayMs: 80, jitterMs: 80 }, ms: 1_000 }],
      [0, { kind: 'bandwidth', target: 'wire:aggregator-1', network: { bytesPerSecond: 20_000 }, ms: 1_000 }],
      [0, { kind: 'slice', target: 'wire:aggregator-2', network: { sliceBytes: 1 }, ms: 1_000 }],
      [1_200, { kind: 'black-hole', target: 'wire:aggregator-0', network: { blackHole: 'both' }, ms: 1_500 }],
      [1_200, { kind: 'one-way', target: 'wire:aggregator-1', network: { blackHole: 'down' }, ms: 1_500 }],
      [1_200, { kind: 'reset', target: 'wire:aggregator-2', network: {}, ms: 300 }],
      [2_800, { kind: 'refuse', target: 'wire:aggregator-0', network: { refuse: true }, ms: 700 }],
      [2_800, { kind: 'cut', target: 'wire:aggregator-2', network: { cutAfterBytes: 1_000 }, ms: 700 }],
    ],
  ],
  [
    'bad links to MongoDB',
    [
      [0, { kind: 'delay', target: 'mongodb:gateway', network: { delayMs: 40, jitterMs: 40 }, ms: 800 }],
      [0, { kind: 'black-hole', target: 'mongodb:aggregator-0', network: { blackHole: 'both' }, ms: 2_000 }],
      [0, { kind: 'one-way', target: 'mongodb:aggregator-1', network: { blackHole: 'up' }, ms: 1_500 }],
      [1_000, { kind: 'cut', target: 'mongodb:gateway', network: { cutAfterBytes: 5_000 }, ms: 800 }],
      [1_000, { kind: 'one-way', target: 'mongodb:gateway-1', network: { blackHole: 'down' }, ms: 1_500 }],
      [1_800, { kind: 'refuse', target: 'mongodb:aggregator-1', network: { refuse: true }, ms: 500 }],
      [2_000, { kind: 'reset', target: 'mongodb:gateway', network: {}, ms: 300 }],
    ],
  ],
  [
    'crashes between two steps, clocks that jump',
    [
      [0, { kind: 'crash', target: 'aggregator-0', failpoint: 'snapshot:after-records', nth: 1, ms: 3_000 }],
      [
        0,
        {
          kind: 'failpoint',
          target: 'aggregator-1',
          failpoint: 'snapshot:inside-records',
          action: { kind: 'throw' },
          nth: 1,
          ms: 3_000,
        },
      ],
      [0, { kind: 'clock', target: 'gateway-1', jumpMs: -30_000, ms: 1_500 }],
      [300, { kind: 'crash', target: 'gateway', failpoint: 'append:after-send', nth: 2, ms: 3_000 }],
      // it is killed and must start first, on a machine that may be busy
      [500, { kind: 'crash', target: 'aggregator-2', failpoint: 'restore:after-records', nth: 1, ms: 8_000 }],
      [
        2_000,
        {
          kind: 'failpoint',
          target: 'gateway-1',
          failpoint: 'append:after-send',
          action: { kind: 'pause', ms: 2_500 },
          nth: 1,
          ms: 2_000,
        },
      ],
      [2_500, { kind: 'pause', target: 'gateway', ms: 1_000 }],
      [3_500, { kind: 'disorder', target: 'mongodb', ms: 500 }],
    ],
  ],
  [
    'MongoDB paused and killed, and an aggregator that cannot resume',
    [
      [0, { kind: 'oplog', target: 'aggregator-1', how: 'paused', ms: 300 }],
      [2_500, { kind: 'database-pause', target: 'mongodb', ms: 2_500 }],
      [6_000, { kind: 'database-kill', target: 'mongodb', ms: 0 }],
      [7_000, { kind: 'term', target: 'gateway-1', ms: 500 }],
    ],
  ],
  ['a full disk', [[0, { kind: 'disk', target: 'mongodb', ms: 500 }]]],
];

/** A few rounds with every kind of fault, short enough to run with every change. */
export const selection: Life & { names: string[] } = {
  ...{ number: 0, seed, aggregators: 3, gateways: 2, disk: true, names: named.map(([name]) => name) },
  rounds: named.map(([, faults], number) => ({
    number,
    seed: seed * 100 + number,
    faults: faults.map(([atMs, fault]) => ({ atMs, fault })),
  })),
};
