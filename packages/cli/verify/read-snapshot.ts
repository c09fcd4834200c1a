import type { Entity } from '@muster/model';
import { type Log, type RecordDocument, readCheckpoints, type SnapshotMark, scanRecords } from '@muster/store';
import type { Difference } from './findings.ts';
import { judgeCheckpoint, type Totals } from './judge-checkpoint.ts';

/** What is saved of a partition: its records by entity and id, and what does not fit its checkpoint. */
export type Snapshot = { records: Map<string, Map<string, RecordDocument>>; differences: Difference[] };

const looks = 3;

/**
 * Reads a partition's checkpoint, then its records; where they do not fit each other, reads both again before it says
 * so.
 */
export const readSnapshot = async (log: Log, entities: readonly Entity[], partition: number): Promise<Snapshot> => {
  for (let look = 1; ; look += 1) {
    const checkpoint = (await readCheckpoints(log, [partition], 10_000)).get(partition);
    const records = new Map<string, Map<string, RecordDocument>>();
    for (const entity of entities) records.set(entity.name, await readRecords(log, entity, partition));
    // records come before their first checkpoint;
    const differences = checkpoint ? judgeCheckpoint(checkpoint, totalsOf(records)) : [];
    if (differences.length === 0 || look === looks) return { records, differences };
  }
};

// a record that is written during the scan may appear twice: the newer one counts
const readRecords = async (log: Log, entity: Entity, partition: number) => {
  const records = new Map<string, RecordDocument>();
  for await (const record of scanRecords(log, entity, [partition])) {
    const known = records.get(record._id);
    if (!known || known.version < record.version) records.set(record._id, record);
  }
  return records;
};

/** What records add up to. Pure. */
export const totalsOf = (records: ReadonlyMap<string, ReadonlyMap<string, RecordDocument>>): Totals => {
  const active = new Map<string, number>();
  const snapshots = new Set<SnapshotMark>();
  const totals = { versions: 0, active, snapshots };
  for (const [name, ofEntity] of records) {
    for (const { version, snapshot, deletedAt } of ofEntity.values()) {
      totals.versions += version;
      snapshots.add(snapshot);
      if (!deletedAt) active.set(name, (active.get(name) ?? 0) + 1);
    }
  }
  return totals;
};
