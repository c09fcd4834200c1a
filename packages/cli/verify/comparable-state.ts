import { isDeepStrictEqual } from 'node:util';
import type { Entity, Fields, State } from '@muster/model';
import { type RecordDocument, recordOf } from '@muster/store';

/** Whether two states are the same, also when one of them came over the wire, where a date is a text. Pure. */
export const isSameState = (a: unknown, b: unknown): boolean => isDeepStrictEqual(asSent(a), asSent(b));

/** Whether a stored record is exactly what a snapshot makes of the state. Pure. */
export const isRecordOf = (record: RecordDocument, state: State): boolean => {
  if (state.status === 'absent') return false;
  const { deletedAt, ...others } = record;
  const found = deletedAt ? record : others;
  return isSameState(found, recordOf(record._id, record.partition, state, record.snapshot));
};

/** A state as text for a person. Pure. */
export const describeState = (state: State | undefined): string =>
  state === undefined ? 'no such version' : JSON.stringify(state);

/** The state in an aggregator's reply to a read. Pure. */
export const stateOfReply = (reply: {
  status: State['status'];
  version: number;
  json: string;
  createdAt: number;
  changedAt: number;
}): State => {
  const { status, version, json } = reply;
  const [createdAt, changedAt] = [new Date(reply.createdAt), new Date(reply.changedAt)];
  switch (status) {
    case 'absent':
      return { status, version };
    case 'active': {
      const { id: _, ...fields } = JSON.parse(json) as Fields;
      return { status, version, fields, createdAt, updatedAt: changedAt };
    }
    case 'deleted':
      return { status, version, createdAt, deletedAt: changedAt };
  }
};

/**
 * A state's fields in the entity's order and without what clients do not see, as a reply over the wire has them. Pure.
 */
export const asReplied = (entity: Entity, state: State): State => {
  if (state.status !== 'active') return state;
  const shown = entity.fieldNames
    .filter((name) => state.fields[name] !== undefined)
    .map((name) => [name, state.fields[name]]);
  return { ...state, fields: Object.fromEntries(shown) };
};

const asSent = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');
