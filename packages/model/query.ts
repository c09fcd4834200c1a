import type { Entity } from './entity.ts';
import type { Filter } from './filter.ts';
import { meetsFilter } from './filter.ts';
import { type builtInNames, compareKeys, type IndexType, type Key, keyOf } from './index-key.ts';
import type { Active } from './state.ts';
import type { Fields } from './stored-event.ts';

/** One key of a sort. */
export type SortKey = { field: string; descending: boolean };

/**
 * A question for some of the active things of an entity. The last key of `sort` is the id. `after` has the sort keys of
 * the thing before the first one.
 */
export type Query = {
  filters: readonly Filter[];
  sort: readonly SortKey[];
  after: readonly Key[] | undefined;
  limit: number;
};

/** The fields that every entity can be filtered and sorted by, with their types. */
export const builtInIndexes: Readonly<Record<string, IndexType>> = {
  id: 'string',
  createdAt: 'date',
  updatedAt: 'date',
  version: 'number',
} satisfies Record<(typeof builtInNames)[number], IndexType>;

/** Returns the type of an index of an entity, declared or built in. Undefined if there is none of this name. */
export const indexTypeOf = ({ indexes }: Entity, field: string): IndexType | undefined =>
  indexes.get(field) ?? (Object.hasOwn(builtInIndexes, field) ? builtInIndexes[field] : undefined);

/**
 * Returns the index that a client means by this name: the one of this name, the one with a small first letter (`Name`),
 * the one in small letters (`ID`), or that of the reference of this name. Undefined if there is none.
 */
export const indexNameOf = (entity: Entity, name: string): string | undefined => {
  const spellings = [name, `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`, name.toLowerCase()];
  const names = spellings.flatMap((one) => [one, entity.references.get(one)?.field ?? one]);
  return names.find((one) => indexTypeOf(entity, one) !== undefined);
};

/** Returns the names of all indexes of an entity, declared and built in. */
export const indexNamesOf = ({ indexes }: Entity): string[] => [...indexes.keys(), ...Object.keys(builtInIndexes)];

/** Returns the key of a thing for a declared or a built-in index. */
export const keyOfThing = (id: string, { fields, version, createdAt, updatedAt }: Active, field: string): Key => {
  switch (field) {
    case 'id':
      return id;
    case 'version':
      return version;
    case 'createdAt':
      return createdAt;
    case 'updatedAt':
      return updatedAt;
    default:
      return keyOf(fields[field]);
  }
};

/** Compares the sort keys of two things. Never 0 for two things, since the last key is the id. */
export const compareRows = (sort: readonly SortKey[], one: readonly Key[], other: readonly Key[]): number => {
  for (let at = 0; at < sort.length; at += 1) {
    const compared = compareKeys(one[at] ?? null, other[at] ?? null);
    if (compared !== 0) return sort[at]?.descending ? -compared : compared;
  }
  return 0;
};

/** The same sort from the end to the beginning. */
export const reverseSort = (sort: readonly SortKey[]): SortKey[] =>
  sort.map(({ field, descending }) => ({ field, descending: !descending }));

/** Whether a thing meets all these filters. `keyFor` returns its key for a field. */
export const meetsAll = (filters: readonly Filter[], keyFor: (field: string) => Key): boolean =>
  filters.every((filter) => meetsFilter(filter, keyFor(filter.field)));

/** Returns what clients see of a thing without the fields that were not asked for. The id stays. */
export const selectFields = (seen: Fields, names: readonly string[]): Fields => {
  const selected: Fields = { id: seen.id };
  for (const name of Object.keys(seen)) if (names.includes(name)) selected[name] = seen[name];
  return selected;
};
