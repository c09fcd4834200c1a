import { nextRandom, pickFrom, type Seeded } from '@muster/testing';
import type { LinkName } from './fault.ts';

/** The Muster that faults are planned for, and the chance that decides. No fault lasts longer than `longestMs`. */
export type Place = { aggregators: string[]; gateways: string[]; seeded: Seeded; longestMs: number };

/** A program that chance picks; gateways are few, and without one there is no traffic: mostly an aggregator. */
export const anyProgram = ({ seeded, aggregators, gateways }: Place): string =>
  pickFrom(seeded, nextRandom(seeded) < 0.7 ? aggregators : gateways);

/** A link that chance picks: that of the gateways to an aggregator, or that of a program to MongoDB. */
export const anyLink = (place: Place): LinkName => {
  const { seeded, aggregators } = place;
  return nextRandom(seeded) < 0.5 ? `wire:${pickFrom(seeded, aggregators)}` : `mongodb:${anyProgram(place)}`;
};

/** One of these durations in milliseconds, no longer than a fault may last. */
export const anyDuration = ({ seeded, longestMs }: Place, choicesMs: readonly number[]): number =>
  Math.min(longestMs, pickFrom(seeded, choicesMs));
