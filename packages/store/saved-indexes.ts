import { type Entity, type IndexType, indexTypeOf } from '@muster/model';

/**
 * Returns the type of a field that the database has an index of, or undefined. An entity with `keep` has one of the
 * time of creation, too, because its lists come from the records.
 */
export const savedIndexOf = (entity: Entity, field: string): IndexType | undefined =>
  savedFieldsOf(entity).includes(field) ? indexTypeOf(entity, field) : undefined;

/** Returns the fields that the database has an index of, each followed by the id. */
export const savedFieldsOf = ({ indexes, keep }: Entity): string[] =>
  keep === undefined ? [...indexes.keys()] : [...indexes.keys(), 'createdAt'];
