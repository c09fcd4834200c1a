import { nextRandom, openSeeded, pickFrom, type Seeded } from '@muster/testing';
import { type Fault, type FaultKind, faultKinds } from './fault.ts';
import type { Place } from './fault-place.ts';
import { planFault } from './plan-fault.ts';

/** One Muster from its start to its end, with its rounds. */
export type Life = {
  number: number;
  seed: number;
  aggregators: number;
  gateways: number;
  disk: boolean;
  rounds: Round[];
};

/** A load with faults, followed by checks. `seed` decides what the clients do. */
export type Round = { number: number; seed: number; faults: Timed[] };

/** A fault and when it begins, in milliseconds after the load has started. */
export type Timed = { atMs: number; fault: Fault };

export type PlanOptions = {
  seed: number;
  kinds: readonly FaultKind[];
  /** No fault lasts longer, in milliseconds. */
  longestMs: number;
  roundsPerLife: number;
};

/** Parses a list of kinds, separated by commas. Throws for an unknown kind. */
export const parseKinds = (text: string): FaultKind[] =>
  text.split(',').map((word) => {
    const kind = faultKinds.find((one) => one === word.trim());
    if (!kind) throw new Error(`Unknown fault "${word}", expected one of ${faultKinds.join(', ')}`);
    return kind;
  });

/**
 * Plans life `number` (from 0) of the schedule that the seed decides. The first rounds have the kinds one by one. Pure.
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
 * Parses a life whose rounds all have the same faults, from JSON such as
 * `[[0, { "kind": "kill", "target": "aggregator-0", "ms": 0 }]]`. The number is the time of the fault in milliseconds.
 * Throws when the text is not such a list.
 */
export const parseRound = (text: string, seed: number): Life => {
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed)) throw new Error('Expected a list of faults, each as [atMs, fault]');
  const faults = parsed.map(([atMs, fault]: [number, Fault]) => {
    if (typeof atMs !== 'number' || !faultKinds.includes(fault?.kind))
      throw new Error(`Expected [atMs, fault] with a known kind, found ${JSON.stringify([atMs, fault])}`);
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

/** First each kind alone. Then every second round has two or three faults on different programs; they may overlap. */
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

/** Returns the program of a fault, or of its link. Pure. */
export const programOf = ({ target }: Fault): string => target.slice(target.lastIndexOf(':') + 1);
