import { isDeepStrictEqual } from 'node:util';
import { encodeFields, type Fields, type State } from '@muster/model';
import { type RecordDocument, recordOf } from '@muster/store';

/** Whether two states are the same to whoever has them from the codec of states. Pure. */
export const isSameState = (a: State, b: State): boolean => isSame(a, b);

/** Whether a stored record is exactly what a snapshot makes of the state. Pure. */
export const isRecordOf = (record: RecordDocument, state: State): boolean => {
  if (state.status === 'absent') return false;
  const { deletedAt, ...others } = record;
  const found = deletedAt ? record : others;
  return isSame(found, recordOf(record._id, record.partition, state, record.snapshot));
};

/** A state as text for a person. Pure. */
export const describeState = (state: State | undefined): string =>
  state === undefined ? 'no such version' : JSON.stringify(state);

const isSame = (a: Fields, b: Fields): boolean => isDeepStrictEqual(asCarried(a), asCarried(b));

// what is undefined is in no record and goes over no wire; where the codec carries a value not, all stays as it is
const asCarried = (fields: Fields): unknown => {
  try {
    return JSON.parse(JSON.stringify(encodeFields(fields)));
  } catch (error) {
    if (error instanceof TypeError) return fields;
    throw error;
  }
};
