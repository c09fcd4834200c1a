import type { Entity } from './entity.ts';
import { present } from './present.ts';
import type { State } from './state.ts';

/**
 * A thing as replies show it. `json` is the body for an active thing and '' for any other. Times are in milliseconds
 * since 1970, or 0 if there are none.
 */
export type Rendered = { status: State['status']; version: number; json: string; createdAt: number; changedAt: number };

/** Renders a state for clients. Throws any error of the entity's `present`. */
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
