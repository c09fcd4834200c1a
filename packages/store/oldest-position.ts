import type { CheckpointDocument } from './documents.ts';
import { comparePositions, isSamePlace, type Position } from './position.ts';

/**
 * The position from which a watch of these partitions misses nothing that their checkpoints do not reach: the oldest.
 * Undefined where a partition has no checkpoint, or where two different places share the oldest moment, as each may be
 * the earlier one: then only a scan of the log is certain.
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
