import type { Entity } from './entity.ts';
import type { Fields } from './stored-event.ts';

/** A thing as clients see it: its id, then its fields in the entity's order. */
export const present = (entity: Entity, id: string, fields: Fields): Fields => {
  const shown: Fields = { id };
  for (const name of entity.fieldNames) if (fields[name] !== undefined) shown[name] = fields[name];
  return shown;
};
