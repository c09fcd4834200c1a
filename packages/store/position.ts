import type { ResumeToken, Timestamp } from 'mongodb';

const insides = Symbol('insides');

type Insides = { token: ResumeToken; clusterTime: Timestamp };

/**
 * A position in the log, valid for every set of partitions. Opaque: only the store creates and reads positions. Compare
 * two with `comparePositions`, `isBefore` and `isSamePlace`.
 */
export type Position = { readonly [insides]: Insides };

/**
 * Returns a negative number when `position` is earlier in the log than `other`, a positive one when it is later, and 0
 * when their times are equal.
 */
export const comparePositions = (position: Position, other: Position): number =>
  position[insides].clusterTime.compare(other[insides].clusterTime);

/** Whether `position` is earlier in the log than `other`. False when their times are equal. */
export const isBefore = (position: Position, other: Position): boolean => comparePositions(position, other) < 0;

/** Whether both are the same position in the log. */
export const isSamePlace = (position: Position, other: Position): boolean =>
  comparePositions(position, other) === 0 && tokenText(position) === tokenText(other);

/** For the store only: creates a position from a MongoDB resume token and cluster time. */
export const positionOf = (token: ResumeToken, clusterTime: Timestamp): Position => ({
  [insides]: { token, clusterTime },
});

/** For the store only: returns a position's resume token and cluster time. */
export const insidesOf = (position: Position): Insides => position[insides];

const tokenText = (position: Position): string => JSON.stringify(position[insides].token);
