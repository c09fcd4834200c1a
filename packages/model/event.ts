import type Joi from 'joi';
import type { Entity } from './entity.ts';
import type { Fields, StoredEvent } from './stored-event.ts';

export type EventKind = 'created' | 'updated' | 'deleted';

/** An event as the engine understands it. */
export type Event = { kind: EventKind; version: number; at: Date; data: Fields };

export type ParsedEvent = { kind: 'event'; event: Event } | { kind: 'poison'; problem: string };

const kinds: ReadonlyMap<string, EventKind> = new Map([
  ['Created', 'created'],
  ['Updated', 'updated'],
  ['Deleted', 'deleted'],
]);
const suffixes: Record<EventKind, string> = { created: 'Created', updated: 'Updated', deleted: 'Deleted' };

/** The stored type of an event of this kind: `UserCreated`. */
export const typeOf = (entity: Entity, kind: EventKind): string => entity.title + suffixes[kind];

/**
 * A stored event as the engine understands it, upcast first; or poison, with what is wrong with it. Lenient on values,
 * since a rule may have changed since.
 */
export const parseEvent = (entity: Entity, stored: StoredEvent): ParsedEvent => {
  const current = upcast(entity, stored);
  if (current instanceof Error) return { kind: 'poison', problem: `its upcast fails: ${current.message}` };
  const kind = String(current.type).startsWith(entity.title)
    ? kinds.get(current.type.slice(entity.title.length))
    : undefined;
  if (!kind)
    return {
      kind: 'poison',
      problem: `the type ${JSON.stringify(current.type)} is not known to entity "${entity.name}"`,
    };
  const problem = findProblem(entity, current, kind);
  if (problem) return { kind: 'poison', problem };
  return { kind: 'event', event: { kind, version: current.version, at: current.at, data: current.data } };
};

// an entity's own code: what it cannot turn parks one stream and must not stop the others
const upcast = (entity: Entity, stored: StoredEvent): StoredEvent | Error => {
  try {
    return entity.upcast(stored);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

const findProblem = (entity: Entity, stored: StoredEvent, kind: EventKind): string | undefined => {
  if (!Number.isSafeInteger(stored.version) || stored.version < 1)
    return `its version is ${JSON.stringify(stored.version)}, not an integer from 1`;
  if (!(stored.at instanceof Date)) return 'its "at" is not a date';
  if (typeof stored.data !== 'object' || stored.data === null || Array.isArray(stored.data))
    return 'its "data" is not an object';
  for (const name of Object.keys(stored.data)) {
    const schema = entity.fields[name];
    if (!schema || !Object.hasOwn(entity.fields, name))
      return `its data has a field ${JSON.stringify(name)}, which entity "${entity.name}" does not have`;
    if (!isOfType(schema, stored.data[name])) return `its field "${name}" is not of type ${schema.type}`;
  }
  const missing =
    kind === 'created' ? entity.requiredNames.find((name) => !Object.hasOwn(stored.data, name)) : undefined;
  return missing && `its data lacks the field "${missing}"`;
};

const isOfType = (schema: Joi.Schema, value: unknown): boolean => {
  if (value === null) return schema.type === 'any' || (schema.describe().allow ?? []).includes(null);
  switch (schema.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === schema.type;
    case 'array':
      return Array.isArray(value);
    case 'date':
      return value instanceof Date;
    default:
      return value !== undefined;
  }
};
