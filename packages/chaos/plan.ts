import type { FailpointName } from '@muster/runtime';
import { nextRandom, openSeeded, pickFrom, type Seeded } from '@muster/testing';
import { type Fault, type FaultKind, faultKinds, type LinkName } from './fault.ts';
import type { NetworkFault } from './fault-proxy.ts';

/** A Muster from its start to its end, with the rounds that it goes through. */
export type Life = {
  number: number;
  seed: number;
  aggregators: number;
  gateways: number;
  disk: boolean;
  rounds: Round[];
};

/** A load, faults under it, and what must hold afterwards. `seed` decides what the clients do. */
export type Round = { number: number; seed: number; faults: Timed[] };

/** A fault and when it strikes, in milliseconds after the load has come to run. */
export type Timed = { atMs: number; fault: Fault };

export type PlanOptions = {
  seed: number;
  kinds: readonly FaultKind[];
  /** No faults longer than this, in milliseconds. */
  longestMs: number;
  roundsPerLife: number;
};

/** Which kinds these words ask for. Throws for one that is none. */
export const parseKinds = (text: string): FaultKind[] =>
  text.split(',').map((word) => {
    const kind = faultKinds.find((one) => one === word.trim());
    if (!kind) throw new Error(`There is no fault "${word}": there are ${faultKinds.join(', ')}`);
    return kind;
  });

/**
 * The life number `number` (from 0) of the schedule that the seed decides. Pure. The first one goes through the kinds
 * one by one.
 */
export const planLife = (options: PlanOptions, number: number): Life => {
  const seeded = openSeeded(options.seed * 1_000 + number);
  const aggregators = 3 + Math.floor(nextRandom(seeded) * 3);
  const gateways = 1 + Math.floor(nextRandom(seeded) * 2);
  const place: Place = {
    aggregators: names('aggregator', aggregators),
    gateways: ['gateway', 'gateway-1'].slice(0, gateways),
    seeded,
    options,
  };
  const order = shuffled(openSeeded(options.seed), options.kinds);
  const rounds = Array.from({ length: options.roundsPerLife }, (_, index) => {
    const round = number * options.roundsPerLife + index;
    return { number: round, seed: options.seed * 10_000 + round, faults: planFaults(place, round, order) };
  });
  return {
    number,
    seed: options.seed,
    aggregators,
    gateways,
    disk: rounds.some(({ faults }) => faults.some(({ fault }) => fault.kind === 'disk')),
    rounds,
  };
};

/**
 * A life of rounds with these faults only, from JSON: `[[0, { "kind": "kill", "target": "aggregator-0", "ms": 0 }],
 * …]`, each with its time in milliseconds. Throws where it is none.
 */
export const parseRound = (text: string, seed: number): Life => {
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed)) throw new Error('expected a list of faults, each as [atMs, fault]');
  const faults = parsed.map(([atMs, fault]: [number, Fault]) => {
    if (typeof atMs !== 'number' || !faultKinds.includes(fault?.kind))
      throw new Error(`${JSON.stringify([atMs, fault])} is not [atMs, fault]`);
    return { atMs, fault };
  });
  const disk = faults.some(({ fault }) => fault.kind === 'disk');
  return {
    number: 0,
    seed,
    aggregators: 3,
    gateways: 2,
    disk,
    rounds: [0, 1, 2, 3].map((number) => ({ number, seed: seed * 10_000 + number, faults })),
  };
};

type Place = { aggregators: string[]; gateways: string[]; seeded: Seeded; options: PlanOptions };

const names = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index}`);

const shuffled = <Item>(seeded: Seeded, items: readonly Item[]): Item[] =>
  items
    .map((item) => ({ item, at: nextRandom(seeded) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

/**
 * Single ones first, each kind in turn; then every other round two or three, which may overlap, on different targets.
 */
const planFaults = (place: Place, round: number, order: readonly FaultKind[]): Timed[] => {
  const { seeded } = place;
  const single = planFault(place, order[round % order.length] ?? 'kill');
  if (round < order.length || round % 2 === 0) return [{ atMs: 0, fault: single }];
  const planned: Timed[] = [{ atMs: 0, fault: single }];
  const more = 1 + Math.floor(nextRandom(seeded) * 2);
  for (let tries = 0; planned.length <= more && tries < 10; tries += 1) {
    const fault = planFault(place, pickFrom(seeded, order));
    const isApart = planned.every((other) => programOf(other.fault) !== programOf(fault));
    if (isApart) planned.push({ atMs: Math.round(nextRandom(seeded) * 1_500), fault });
  }
  return planned;
};

/** The program that a fault strikes, whichever of its links. Pure. */
export const programOf = ({ target }: Fault): string => target.slice(target.lastIndexOf(':') + 1);

/** A fault of that kind on a target, of a length and of a strength that chance decides. */
export const planFault = (place: Place, kind: FaultKind): Fault => {
  const { seeded } = place;
  switch (kind) {
    case 'kill':
    case 'term':
      return {
        kind,
        target: anyProgram(place),
        ms: lasting(place, kind === 'term' ? [500, 2_000] : [0, 0, 1_000, 4_000, 12_000]),
      };
    case 'pause':
      return { kind, target: anyProgram(place), ms: lasting(place, [1_000, 1_000, 10_000, 40_000]) };
    case 'delay':
    case 'bandwidth':
    case 'slice':
    case 'black-hole':
    case 'one-way':
    case 'reset':
    case 'refuse':
    case 'cut':
      return {
        kind,
        target: anyLink(place),
        network: networkOf(seeded, kind),
        ms: lasting(place, [2_000, 4_000, 8_000]),
      };
    case 'crash':
    case 'failpoint':
      return planFailpoint(place, kind);
    case 'clock':
      return {
        kind,
        target: anyProgram(place),
        jumpMs: pickFrom(seeded, [-600_000, -30_000, -3_000, 3_000, 30_000, 600_000]),
        ms: lasting(place, [3_000]),
      };
    case 'database-kill':
    case 'database-pause':
    case 'disk':
      return {
        kind,
        target: 'mongodb',
        ms: lasting(place, kind === 'database-kill' ? [0, 3_000] : [1_000, 4_000, 10_000]),
      };
    case 'disorder':
      return { kind, target: 'mongodb', ms: 500 };
    case 'oplog':
      return {
        kind,
        target: pickFrom(seeded, place.aggregators),
        how: pickFrom(seeded, ['paused', 'down']),
        ms: lasting(place, [2_000]),
      };
  }
};

// gateways are few, and without one there is no traffic: two of three faults are an aggregator's
const anyProgram = ({ seeded, aggregators, gateways }: Place) =>
  pickFrom(seeded, nextRandom(seeded) < 0.7 ? aggregators : gateways);

const anyLink = (place: Place): LinkName => {
  const { seeded, aggregators } = place;
  return nextRandom(seeded) < 0.5 ? `wire:${pickFrom(seeded, aggregators)}` : `mongodb:${anyProgram(place)}`;
};

const lasting = ({ seeded, options }: Place, choices: readonly number[]) =>
  Math.min(options.longestMs, pickFrom(seeded, choices));

const networkOf = (
  seeded: Seeded,
  kind: 'delay' | 'bandwidth' | 'slice' | 'black-hole' | 'one-way' | 'reset' | 'refuse' | 'cut',
): NetworkFault => {
  switch (kind) {
    case 'delay':
      return { delayMs: pickFrom(seeded, [20, 80, 300]), jitterMs: pickFrom(seeded, [0, 20, 200]) };
    case 'bandwidth':
      return { bytesPerSecond: pickFrom(seeded, [20_000, 100_000]) };
    case 'slice':
      return { sliceBytes: pickFrom(seeded, [1, 7, 100]) };
    case 'black-hole':
      return { blackHole: 'both' };
    case 'one-way':
      return { blackHole: pickFrom(seeded, ['up', 'down']) };
    case 'reset':
      return {};
    case 'refuse':
      return { refuse: true };
    case 'cut':
      return { cutAfterBytes: pickFrom(seeded, [1_000, 20_000, 100_000]) };
  }
};

const snapshotPoints: FailpointName[] = [
  'snapshot:before-records',
  'snapshot:inside-records',
  'snapshot:after-records',
  'snapshot:after-checkpoints',
];
const restorePoints: FailpointName[] = ['restore:after-checkpoints', 'restore:after-records'];

// between the records and the checkpoint it matters most
const crashPoints: FailpointName[] = [
  ...snapshotPoints,
  ...restorePoints,
  'snapshot:after-records',
  'snapshot:after-records',
  'snapshot:after-records',
];

const planFailpoint = (place: Place, kind: 'crash' | 'failpoint'): Fault => {
  const { seeded } = place;
  const isGateway = nextRandom(seeded) < 0.3;
  const target = pickFrom(seeded, isGateway ? place.gateways : place.aggregators);
  const failpoint = isGateway
    ? 'append:after-send'
    : pickFrom(seeded, kind === 'crash' ? crashPoints : [...snapshotPoints, ...restorePoints]);
  const nth = failpoint.startsWith('restore') ? 1 : 1 + Math.floor(nextRandom(seeded) * 3);
  const ms = lasting(place, [5_000]);
  if (kind === 'crash') return { kind, target, failpoint, nth, ms };
  const action =
    nextRandom(seeded) < 0.5
      ? ({ kind: 'throw' } as const)
      : ({ kind: 'pause', ms: pickFrom(seeded, [500, 2_500]) } as const);
  return { kind, target, failpoint, action, nth, ms };
};
