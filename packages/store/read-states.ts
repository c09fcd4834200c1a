import { absent, type Entity, type State } from '@muster/model';
import { type Log, recordsOf } from './open-log.ts';
import { stateOf } from './records.ts';
import { isOfThisLog } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * Returns the saved states of things of an entity, by id. Things without a record are left out. Throws DeadlineError
 * after `deadlineMs` milliseconds.
 */
export const readStates = async (
  log: Log,
  entity: Entity,
  ids: readonly string[],
  deadlineMs: number,
): Promise<Map<string, Exclude<State, { status: 'absent' }>>> => {
  if (ids.length === 0) return new Map();
  const found = recordsOf(log, entity).find({ _id: { $in: [...ids] } });
  const records = await withinDeadline(found.toArray(), deadlineMs, `read ${ids.length} records of ${entity.name}`);
  const states = new Map<string, Exclude<State, { status: 'absent' }>>();
  for (const record of records) {
    const state = isOfThisLog(log, record.snapshot) ? stateOf(entity, record) : absent;
    if (state.status !== 'absent') states.set(record._id, state);
  }
  return states;
};

/** Whether an entity has any record. Throws DeadlineError after `deadlineMs` milliseconds. */
export const hasRecords = async (log: Log, entity: Entity, deadlineMs: number): Promise<boolean> => {
  const found = recordsOf(log, entity).findOne({}, { projection: { _id: 1 } });
  return (await withinDeadline(found, deadlineMs, `look for records of ${entity.name}`)) !== null;
};
