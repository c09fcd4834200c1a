import type { FieldSchemas } from './data-of.ts';
import { findSchemaProblems } from './find-schema-problems.ts';

// What entities and records have in common. A definition is checked as if TypeScript had not seen it.

/** What is wrong with the names under which an entity is found. */
export const findNameProblems = ({ name, collection }: { name: string; collection: string }): string[] => [
  ...(matches(/^[a-z][a-z0-9-]{0,31}$/, name)
    ? []
    : ['its name stands in addresses: it must be 1 to 32 lower-case letters, digits and -']),
  ...(reservedNames.includes(name) ? [`the engine needs the name "${name}": choose another one`] : []),
  ...(!reservedCollections.includes(collection) && matches(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, collection)
    ? []
    : [`its collection "${collection}" is the engine's own, or not 1 to 64 letters, digits, _ and -`]),
];

/** What is wrong with these fields. `reserved` are the names that they must not have there. */
export const findFieldsProblems = (whose: string, fields: FieldSchemas, reserved: readonly string[]): string[] => {
  if (!isObject(fields) || isSchema(fields)) return [`${whose} must be an object of Joi schemas, by name`];
  const taken = Object.keys(fields).filter((name) => reserved.includes(name) || isUnsafe(name));
  return [
    ...(taken.length > 0 ? [`the engine needs the names ${taken.join(', ')} in ${whose}: choose other ones`] : []),
    ...Object.entries(fields).flatMap(([name, schema]) => findSchemaProblems(`"${name}" in ${whose}`, schema)),
  ];
};

/** Those of these functions that are there and are none. */
export const findNoFunctions = (functions: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(functions)
    .filter((name) => functions[name] !== undefined && typeof functions[name] !== 'function')
    .map((name) => `${name} must be a function`);

/** Properties that nothing reads: most are misspelt. */
export const findUnread = (whose: string, object: object, known: readonly string[]): string[] =>
  Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => `${whose} has "${name}", which nothing reads: it can have ${known.join(', ')}`);

/** Names that a stored record uses beside the entity's own fields. */
export const reservedFields: readonly string[] = [
  ...['_id', 'id', 'version', 'partition', 'snapshot'],
  ...['createdAt', 'updatedAt', 'deletedAt'],
];

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const matches = (pattern: RegExp, text: unknown): boolean => typeof text === 'string' && pattern.test(text);

/** Collections of the engine's own. */
const reservedCollections: readonly string[] = [
  ...['Events', 'Checkpoints', 'Aggregators', 'DeadLetters', 'Settings', 'RemovedEvents', 'Keys', 'Sites'],
];

/** Names that stand after /api for something else, now or later. */
const reservedNames: readonly string[] = ['events', 'live', 'openapi', 'keys', 'admin'];

const isUnsafe = (name: string) =>
  name in Object.prototype || name === '_bsontype' || name.startsWith('$') || name.includes('.') || name === '';

const isSchema = (value: object) => Symbol.for('@hapi/joi/schema') in value;
