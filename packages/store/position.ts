import type { ResumeToken, Timestamp } from 'mongodb';

const insides = Symbol('insides');

type Insides = { token: ResumeToken; clusterTime: Timestamp };

/**
 * A place in the log, which fits every set of partitions. Opaque: only the store can read it, and only the store makes
 * one. Compare two by `comparePositions`, `isBefore` and `isSamePlace`.
 */
export type Position = { readonly [insides]: Insides };

/** Negative where `position` is earlier in the log than `other`, 0 at the same moment, positive where it is later. */
export const comparePositions = (position: Position, other: Position): number =>
  position[insides].clusterTime.compare(other[insides].clusterTime);

/** Whether `position` is earlier in the log than `other`. False for two places of the same moment. */
export const isBefore = (position: Position, other: Position): boolean => comparePositions(position, other) < 0;

/** Whether both are the same place in the log. */
export const isSamePlace = (position: Position, other: Position): boolean =>
  comparePositions(position, other) === 0 && tokenText(position) === tokenText(other);

/** For the store only: a position from the parts that MongoDB gives. */
export const positionOf = (token: ResumeToken, clusterTime: Timestamp): Position => ({
  [insides]: { token, clusterTime },
});

/** For the store only: the parts that MongoDB takes. */
export const insidesOf = (position: Position): Insides => position[insides];

const tokenText = (position: Position): string => JSON.stringify(position[insides].token);
