import Joi from 'joi';
import type { Fields, StoredEvent } from './stored-event.ts';

/** What an entity's file says of it. */
export type Definition = {
  name: string; // in the log and in addresses: 'user'
  title: string; // in event types: 'User' → 'UserCreated'
  collection: string; // where its snapshots are: 'Users'
  fields: Record<string, Joi.Schema>; // all required on creation unless the schema says optional
  // turns an event as it was once written into one as it would be written today
  upcast?: (stored: StoredEvent) => StoredEvent;
  // what clients see of the fields, which come in the order above; pure. Without it they see the fields as they are
  present?: (fields: Fields) => Fields;
};

/** A definition made ready: what the engine needs to know of one sort of thing. */
export type Entity = Readonly<{
  name: string;
  title: string;
  collection: string;
  path: string; // '/api/user'
  fieldNames: readonly string[];
  requiredNames: readonly string[];
  fields: Readonly<Record<string, Joi.Schema>>;
  createSchema: Joi.ObjectSchema<Fields>;
  updateSchema: Joi.ObjectSchema<Fields>;
  upcast: (stored: StoredEvent) => StoredEvent;
  present: Definition['present'];
}>;

/** The most letters that an id can have. */
export const idLengthMax = 64;

/** Words that stand where an id could in an address, now or later, and so are no ids. */
const reservedIds: readonly string[] = ['count', 'events', 'history', 'schema', 'search', 'stream'];

/** Collections of the engine's own. */
const reservedCollections: readonly string[] = ['Events', 'Checkpoints', 'Aggregators', 'DeadLetters', 'Settings'];

/** Names that a stored record uses beside the entity's own fields. */
const reservedFields: readonly string[] = [
  '_id',
  'id',
  'version',
  'partition',
  'snapshot',
  'createdAt',
  'updatedAt',
  'deletedAt',
];

const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether this is an id: what the schema below says, at a fraction of its cost, as every read asks it. */
export const isId = (id: unknown): boolean => typeof id === 'string' && idPattern.test(id) && !reservedIds.includes(id);

export const idSchema = Joi.string()
  .pattern(idPattern, `1 to ${idLengthMax} letters, digits, _ and -`)
  .invalid(...reservedIds);

/**
 * Makes an entity of its definition; throws when the definition contradicts itself or takes a name that the engine
 * needs.
 */
export const defineEntity = (definition: Definition): Entity => {
  const fieldNames = Object.keys(definition.fields);
  complainOf(definition, fieldNames);
  const requiredNames = fieldNames.filter((name) => !isOptional(definition.fields[name]));
  return {
    name: definition.name,
    title: definition.title,
    collection: definition.collection,
    path: `/api/${definition.name}`,
    fieldNames,
    requiredNames,
    fields: definition.fields,
    createSchema: Joi.object({ id: idSchema, ...definition.fields })
      .fork(requiredNames, (schema) => schema.required())
      .options(strict),
    updateSchema: Joi.object({ id: idSchema, ...definition.fields })
      .fork(fieldNames, (schema) => schema.optional())
      .options({ ...strict, noDefaults: true }), // what a partial update does not name stays as it is
    upcast: definition.upcast ?? ((stored) => stored),
    present: definition.present,
  };
};

// types are not converted: the string "7" is no integer; all faults at once
const strict = { abortEarly: false, convert: false, errors: { wrap: { label: '"' } } } satisfies Joi.ValidationOptions;

const isOptional = (schema: Joi.Schema | undefined) => Object(schema?.describe().flags).presence === 'optional';

const complainOf = (definition: Definition, fieldNames: string[]) => {
  const taken = fieldNames.filter(
    (name) => reservedFields.includes(name) || name in Object.prototype || name.startsWith('$') || name.includes('.'),
  );
  if (taken.length > 0)
    throw new Error(
      `Cannot define entity "${definition.name}": the engine needs the names ${taken.join(', ')}; choose other ones`,
    );
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(definition.name))
    throw new Error(
      `Cannot define entity "${definition.name}": its name stands in addresses ` +
        `and must be 1 to 32 lower-case letters, digits and -`,
    );
  if (!/^[A-Z][A-Za-z0-9]{0,31}$/.test(definition.title))
    throw new Error(
      `Cannot define entity "${definition.name}": its title begins event types ` +
        `and must be 1 to 32 letters and digits, the first a capital`,
    );
  if (
    reservedCollections.includes(definition.collection) ||
    !/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(definition.collection)
  )
    throw new Error(
      `Cannot define entity "${definition.name}": its collection "${definition.collection}" is the engine's own, ` +
        `or not 1 to 64 letters, digits, _ and -`,
    );
};

/** Throws where two entities have the same name or the same collection: one would be taken for the other. */
export const checkDistinct = (entities: readonly Entity[]): void => {
  for (const key of ['name', 'collection'] as const) {
    const values = entities.map((entity) => entity[key]);
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined)
      throw new Error(`Cannot start with two entities of the ${key} "${twice}": give each its own`);
  }
};
