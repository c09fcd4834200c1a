import type { Build, Ground } from './stage.ts';
import type { Target, TargetKind } from './targets.ts';

export type BenchOptions = {
  /** The length of each load, in seconds. */
  seconds: number;
  rounds: number;
  users: number;
  /** The numbers of users that `flat` and `memory` compare. */
  sizes: readonly number[];
  /** How often `failover` and `away` are repeated. */
  trials: number;
};

/** Figures of one measurement, by name. Their units are in their names: see describe-figures.ts. */
export type Figures = Record<string, number>;

/** One measurement of a row. `what` tells the measurements of a row apart, such as `at 32 connections`. */
export type Measured = { what: string; figures: Figures };

/**
 * A measurement with its place in the run. `half` is where in its round it was made, for the A/A control: each round
 * measures Muster first and last.
 */
export type Sample = Measured & { row: string; target: string; round: number; half: 'first' | 'last' };

/** What a row can use: the run's options and the samples so far. */
export type Bench = Ground & { options: BenchOptions; samples: readonly Sample[] };

/**
 * One row of the benchmark. A shared row is measured on targets that run for all rows. Another one starts what it
 * needs. `rounds: 'once'` is for a row that repeats by itself.
 */
export type Row = { name: string; about: string; rounds: 'each' | 'once' } & (
  | {
      kind: 'shared';
      targets: readonly TargetKind[];
      measure: (bench: Bench, target: Target, round: number) => Promise<Measured[]>;
    }
  | { kind: 'own'; measure: (bench: Bench, build: Build) => Promise<Measured[]> }
);
