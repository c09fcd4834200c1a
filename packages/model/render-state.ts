import type { Entity } from './entity.ts';
import { present } from './present.ts';
import type { State } from './state.ts';

/**
 * What a client is answered of a thing. `json` is what clients see of an active one, '' for any other; times in
 * milliseconds since 1970, 0 where there are none.
 */
export type Rendered = { status: State['status']; version: number; json: string; createdAt: number; changedAt: number };

/** A state as clients see it. Throws what the entity's `present` throws. */
export const renderState = (entity: Entity, id: string, state: State): Rendered => {
  const { status, version } = state;
  switch (status) {
    case 'absent':
      return { status, version, json: '', createdAt: 0, changedAt: 0 };
    case 'active': {
      const json = JSON.stringify(present(entity, id, state.fields));
      return { status, version, json, createdAt: state.createdAt.getTime(), changedAt: state.updatedAt.getTime() };
    }
    case 'deleted':
      return { status, version, json: '', createdAt: state.createdAt.getTime(), changedAt: state.deletedAt.getTime() };
  }
};
