import { type CheckpointDocument, covers, type SnapshotMark } from '@muster/store';
import type { Difference } from './findings.ts';

/**
 * What a partition's records add up to: the sum of their versions, the active by entity's name, the snapshots that
 * wrote them.
 */
export type Totals = { versions: number; active: ReadonlyMap<string, number>; snapshots: ReadonlySet<SnapshotMark> };

/** The content of a checkpoint about the records of its partition. */
export type Promised = Pick<CheckpointDocument, '_id' | 'snapshot' | 'events' | 'active'>;

/**
 * Whether the records hold what their checkpoint says they do at least; exactly that, where no other snapshot may have
 * moved them past it. The checkpoint must have been read before the records. Pure.
 */
export const judgeCheckpoint = (checkpoint: Promised, totals: Totals): Difference[] => {
  const where = `Checkpoints, partition ${checkpoint._id}`;
  const isLater = [...totals.snapshots].some((snapshot) => !covers(checkpoint.snapshot, snapshot));
  if (totals.versions < checkpoint.events || (!isLater && totals.versions !== checkpoint.events)) {
    const expected = `${checkpoint.events} events in its records${isLater ? ' or more' : ''}`;
    return [
      { what: 'A checkpoint promises other records than there are', where, expected, found: `${totals.versions}` },
    ];
  }
  // versions only grow: at the same sum the records are those that the checkpoint counts
  if (totals.versions !== checkpoint.events) return [];
  return Object.entries(checkpoint.active)
    .filter(([name, active]) => active !== (totals.active.get(name) ?? 0))
    .map(([name, active]) => ({
      what: 'A checkpoint counts other active than there are',
      where: `${where}, ${name}`,
      expected: `${active} active`,
      found: `${totals.active.get(name) ?? 0}`,
    }));
};
