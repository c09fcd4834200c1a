import type { CheckpointDocument } from './documents.ts';
import { comparePositions, isSamePlace, type Position } from './position.ts';

/**
 * Returns the oldest position of these partitions' checkpoints. A watch from there misses no event after any of these
 * checkpoints. Undefined when a partition has no checkpoint. Also undefined when two different positions share the
 * oldest time: either may be the earlier one, so only a scan of the log is safe.
 */
export const oldestPosition = (
  partitions: readonly number[],
  checkpoints: ReadonlyMap<number, CheckpointDocument>,
): Position | undefined => {
  const known = partitions.flatMap((partition) => checkpoints.get(partition)?.position ?? []);
  const [first, ...others] = known.sort(comparePositions);
  if (!first || known.length < partitions.length) return undefined;
  const isTie = others.some((other) => comparePositions(other, first) === 0 && !isSamePlace(other, first));
  return isTie ? undefined : first;
};
