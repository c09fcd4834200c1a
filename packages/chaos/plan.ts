import { nextRandom, openSeeded, pickFrom, type Seeded } from '@muster/testing';
import { type Fault, type FaultKind, faultKinds } from './fault.ts';
import type { Place } from './fault-place.ts';
import { planFault } from './plan-fault.ts';

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
  /** No fault lasts longer, in milliseconds. */
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
    longestMs: options.longestMs,
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
