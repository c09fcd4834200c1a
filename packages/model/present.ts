import type { Entity } from './entity.ts';
import type { Fields } from './stored-event.ts';

/**
 * Returns a thing as clients see it: its id, then the result of the entity's `present`. Without a `present`, the fields
 * follow in the entity's order. Throws any error of `present`.
 */
export const present = (entity: Entity, id: string, fields: Fields): Fields =>
  entity.present
    ? Object.assign({ id }, entity.present(inOrder(entity, {}, fields)), { id })
    : inOrder(entity, { id }, fields);

const inOrder = ({ fieldNames }: Entity, shown: Fields, fields: Fields): Fields => {
  for (const name of fieldNames) if (fields[name] !== undefined) shown[name] = fields[name];
  return shown;
};
