import type { Entity } from './entity.ts';
import { isGone } from './is-gone.ts';
import { present } from './present.ts';
import { selectFields } from './query.ts';
import type { State } from './state.ts';
import type { Fields } from './stored-event.ts';
import { writeMembers } from './write-members.ts';

/**
 * A thing as it is answered. `json` is what clients see of an active thing, and empty otherwise. A thing that is gone
 * has the status `deleted`, and `json`, which lists show. Times are in milliseconds since 1970, or 0.
 */
export type Rendered = { status: State['status']; version: number; json: string; createdAt: number; changedAt: number };

/** Renders a state for clients. Throws what the entity's `present` throws. */
export const renderState = (entity: Entity, id: string, state: State): Rendered => {
  const { status, version } = state;
  switch (status) {
    case 'absent':
      return { status, version, json: '', createdAt: 0, changedAt: 0 };
    case 'active': {
      const json = writeThing(entity, id, state.fields);
      const times = { createdAt: state.createdAt.getTime(), changedAt: state.updatedAt.getTime() };
      return { status: isGone(entity, state) ? 'deleted' : status, version, json, ...times };
    }
    case 'deleted':
      return { status, version, json: '', createdAt: state.createdAt.getTime(), changedAt: state.deletedAt.getTime() };
  }
};

/** Returns what clients see of an active thing as JSON: the fields of these names and the id, or all of them. */
export const renderSelected = (
  entity: Entity,
  id: string,
  state: State,
  names: readonly string[] | undefined,
): string => {
  if (!names || state.status !== 'active') return renderState(entity, id, state).json;
  return JSON.stringify(selectFields(present(entity, id, state.fields), names));
};

const writeThing = (entity: Entity, id: string, fields: Fields): string =>
  entity.present || !entity.beginnings
    ? JSON.stringify(present(entity, id, fields))
    : writeMembers(id, entity.fieldNames, entity.beginnings, fields);
