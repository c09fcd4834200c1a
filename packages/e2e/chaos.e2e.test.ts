import {
  type Arena,
  describeFault,
  type Fault,
  type FaultKind,
  faultKinds,
  type Observed,
  observe,
  openArena,
  type Round,
  runRound,
  stopObserving,
} from '@muster/testing';
import { expect } from 'chai';

const seed = 2_026;
const life = { seed, aggregators: 3, gateways: 2, disk: true };
const options = { copies: Number(process.env.COPIES ?? 1), sessions: 12, pauseMs: 30, recoverWithinMs: 45_000, say: () => undefined };

/** One after the other or at once, as `atMs` says; each link and each program has one fault at a time. */
const rounds: [name: string, faults: [atMs: number, fault: Fault][]][] = [
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
      [0, { kind: 'failpoint', target: 'aggregator-1', failpoint: 'snapshot:inside-records', action: { kind: 'throw' }, nth: 1, ms: 3_000 }],
      [0, { kind: 'clock', target: 'gateway-1', jumpMs: -30_000, ms: 1_500 }],
      [300, { kind: 'crash', target: 'gateway', failpoint: 'append:after-send', nth: 2, ms: 3_000 }],
      [500, { kind: 'crash', target: 'aggregator-2', failpoint: 'restore:after-records', nth: 1, ms: 3_000 }],
      [2_000, { kind: 'failpoint', target: 'gateway-1', failpoint: 'append:after-send', action: { kind: 'pause', ms: 2_500 }, nth: 1, ms: 2_000 }],
      [2_500, { kind: 'pause', target: 'gateway', ms: 1_000 }],
    ],
  ],
  [
    'MongoDB paused and killed, with the place in the log lost',
    [
      [0, { kind: 'oplog', target: 'aggregator-1', how: 'paused', ms: 300 }],
      [2_500, { kind: 'database-pause', target: 'mongodb', ms: 2_500 }],
      [6_000, { kind: 'database-kill', target: 'mongodb', ms: 0 }],
      [7_000, { kind: 'term', target: 'gateway-1', ms: 500 }],
    ],
  ],
  ['a full disk', [[0, { kind: 'disk', target: 'mongodb', ms: 500 }]]],
];

describe(`A short selection of the fault campaign (seed ${seed})`, function () {
  this.timeout(110_000);
  let arena: Arena;
  let observed: Observed;
  const sometimes = new Map<string, number>();
  before(async () => {
    arena = await openArena({ life });
    observed = observe(arena);
  });
  after(async () => {
    observed?.stop.abort();
    await arena?.[Symbol.asyncDispose]();
  });

  for (const [number, [name, faults]] of rounds.entries()) {
    it(`breaks no law: ${name}`, async function () {
      const isDisk = faults.some(([, { kind }]) => kind === 'disk');
      if (isDisk && !arena.disk) this.skip(); // this machine does not allow a small file system to be mounted
      const round: Round = { number, seed: seed * 100 + number, faults: faults.map(([atMs, fault]) => ({ atMs, fault })) };
      const result = await runRound(arena, observed, round, options);
      expect(result.violations.slice(0, 20)).to.deep.equal([]);
      expect(result.invalid).to.equal(undefined);
      const skipped = result.strikes.filter(({ fault, impossible }) => impossible && fault.kind !== 'oplog'); // a mongod's oplog cannot be made small enough
      expect(skipped.map(({ fault, impossible }) => `${describeFault(fault)}: ${impossible}`)).to.deep.equal([]);
      for (const [what, times] of Object.entries(result.sometimes)) sometimes.set(what, (sometimes.get(what) ?? 0) + times);
    });
  }

  it('reached the places that the faults are meant for', async () => {
    await stopObserving(arena, observed);
    for (const what of ['an unknown write that had landed', 'a write told to be not written', 'a fallback read'])
      expect(sometimes.get(what), what).to.be.above(0);
    expect(arena.passed.map(({ process, name, action }) => `${process} ${name} ${action}`)).to.include.members([
      'aggregator-0 snapshot:after-records kill',
      'aggregator-1 snapshot:inside-records throw',
      'aggregator-2 restore:after-records kill',
      'gateway append:after-send kill',
      'gateway-1 append:after-send pause',
    ]);
  });

  it('holds each kind of fault, at least 25 in all', () => {
    const faults = rounds.flatMap(([, timed]) => timed.map(([, fault]) => fault));
    const kinds = new Set<FaultKind>(faults.map(({ kind }) => kind));
    expect(faultKinds.filter((kind) => !kinds.has(kind))).to.deep.equal([]);
    expect(faults.length).to.be.at.least(25);
  });
});
