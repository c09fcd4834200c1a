import { absent, type Entity, type Fields, findFieldProblem, type State } from '@muster/model';
import type { RecordDocument, SnapshotMark } from './documents.ts';

/** Returns the record of a state. The state `absent` has no record. */
export const recordOf = (
  id: string,
  partition: number,
  state: Exclude<State, { status: 'absent' }>,
  snapshot: SnapshotMark,
): RecordDocument => {
  if (state.status === 'deleted')
    return {
      _id: id,
      version: state.version,
      partition,
      snapshot,
      createdAt: state.createdAt,
      updatedAt: state.deletedAt,
      deletedAt: state.deletedAt,
    };
  return {
    _id: id,
    ...state.fields,
    version: state.version,
    partition,
    snapshot,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
  };
};

/**
 * Returns the state that a record holds. A record that does not fit the entity's state is of an earlier program: it
 * counts as absent, and the state is folded from the log.
 */
export const stateOf = (entity: Entity, record: RecordDocument): State => {
  const { version, createdAt, updatedAt, deletedAt } = record;
  if (deletedAt) return { status: 'deleted', version, createdAt, deletedAt };
  const fields: Fields = {};
  for (const name of entity.fieldNames) if (record[name] !== undefined) fields[name] = record[name];
  if (!entity.isRecord && findFieldProblem(entity.fields, entity.requiredNames, fields)) return absent;
  return { status: 'active', version, fields, createdAt, updatedAt };
};

/**
 * Whether the checkpoint's snapshot includes what the record's snapshot wrote. True only when the same aggregator start
 * took both, and the record's snapshot is not later.
 */
export const covers = (checkpoint: SnapshotMark, record: SnapshotMark): boolean => {
  const [taker, number] = readMark(checkpoint);
  const [other, wrote] = readMark(record);
  return taker === other && wrote <= number;
};

const readMark = (mark: SnapshotMark): [taker: string, number: number] => {
  const at = mark.lastIndexOf(':');
  return [mark.slice(0, at), Number(mark.slice(at + 1))];
};
