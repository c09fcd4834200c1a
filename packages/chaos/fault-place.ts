import { nextRandom, pickFrom, type Seeded } from '@muster/testing';
import type { LinkName } from './fault.ts';

/** The Muster for which faults are planned, and the seeded random numbers. No fault lasts longer than `longestMs`. */
export type Place = { aggregators: string[]; gateways: string[]; seeded: Seeded; longestMs: number };

/** Picks a random program. Mostly an aggregator: there are few gateways, and without one there is no traffic. */
export const anyProgram = ({ seeded, aggregators, gateways }: Place): string =>
  pickFrom(seeded, nextRandom(seeded) < 0.7 ? aggregators : gateways);

/** Picks a random link: of the gateways to an aggregator, or of a program to MongoDB. */
export const anyLink = (place: Place): LinkName => {
  const { seeded, aggregators } = place;
  return nextRandom(seeded) < 0.5 ? `wire:${pickFrom(seeded, aggregators)}` : `mongodb:${anyProgram(place)}`;
};

/** Picks one of these durations in milliseconds, limited to `longestMs`. */
export const anyDuration = ({ seeded, longestMs }: Place, choicesMs: readonly number[]): number =>
  Math.min(longestMs, pickFrom(seeded, choicesMs));
