import type { FieldSchemas } from './data-of.ts';
import type { EventDefinition, LooseDefinition, RecordDefinition } from './definition.ts';
import { findSchemaProblems } from './find-schema-problems.ts';

// A definition is checked as if TypeScript had not seen it: it may come from JavaScript.

/** Throws an Error that names everything that is wrong with the definition of an entity. */
export const checkEntity = (definition: LooseDefinition): void =>
  complain(
    definition.name,
    isAllThere(definition)
      ? [
          ...findNameProblems(definition),
          ...findFieldsProblems('the state', definition.state, reservedFields),
          ...findEventProblems(definition),
          ...findUpcastProblems(definition),
          ...findCommandProblems(definition),
          ...findRefusalProblems(definition.refusals ?? {}),
        ]
      : [`it needs ${required.join(', ')}, each an object: see the chapter on your own entity`],
  );

/** Throws an Error that names everything that is wrong with the definition of a record. */
export const checkRecord = ({ name, title, collection, fields }: RecordDefinition<FieldSchemas, string>): void =>
  complain(name, [
    ...findNameProblems({ name, collection }),
    ...(/^[A-Z][A-Za-z0-9]{0,31}$/.test(title)
      ? []
      : ['its title begins event types: it must be 1 to 32 letters and digits, the first a capital']),
    ...(isObject(fields)
      ? findFieldsProblems('the record', fields, reservedFields)
      : ['it needs fields, an object of Joi schemas']),
  ]);

const required = ['state', 'events', 'evolve', 'commands'] as const;

const isAllThere = (definition: LooseDefinition): boolean =>
  [...required.map((name) => definition[name]), ...Object.values(Object(definition.commands))].every(isObject) &&
  Object.values(definition.events).every(isObject);

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const complain = (name: string, problems: string[]) => {
  if (problems.length > 0) throw new Error(`Cannot define entity ${JSON.stringify(name)}: ${problems.join('; ')}`);
};

/** Collections of the engine's own. */
const reservedCollections: readonly string[] = ['Events', 'Checkpoints', 'Aggregators', 'DeadLetters', 'Settings'];

/** Names that stand after /api for something else, now or later. */
const reservedNames: readonly string[] = ['events', 'live', 'openapi', 'keys', 'admin'];

/** Names that a stored record uses beside the entity's own fields. */
const reservedFields: readonly string[] = [
  ...['_id', 'id', 'version', 'partition', 'snapshot'],
  ...['createdAt', 'updatedAt', 'deletedAt'],
];

/** Words that stand after the colon for something else, now or later. */
const reservedCommands: readonly string[] = ['diff', 'erase', 'history', 'restore', 'undo'];

/** Reasons for which the engine itself refuses, and names of its other answers. */
const reservedReasons: readonly string[] = [
  ...['NotFound', 'Deleted', 'Exists', 'OtherVersion', 'InvalidInput', 'InvalidBody', 'Unavailable', 'Fault'],
  ...['NoSuchRoute', 'NoSuchCommand', 'NoSuchVersion', 'MethodNotAllowed', 'BodyTooLarge', 'UnsupportedMediaType'],
];

const findNameProblems = ({ name, collection }: { name: string; collection: string }): string[] => [
  ...(/^[a-z][a-z0-9-]{0,31}$/.test(name)
    ? []
    : ['its name stands in addresses: it must be 1 to 32 lower-case letters, digits and -']),
  ...(reservedNames.includes(name) ? [`the engine needs the name "${name}": choose another one`] : []),
  ...(!reservedCollections.includes(collection) && /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(collection)
    ? []
    : [`its collection "${collection}" is the engine's own, or not 1 to 64 letters, digits, _ and -`]),
];

const findFieldsProblems = (whose: string, fields: FieldSchemas, reserved: readonly string[]): string[] => {
  const taken = Object.keys(fields).filter((name) => reserved.includes(name) || isUnsafe(name));
  return [
    ...(taken.length > 0 ? [`the engine needs the names ${taken.join(', ')} in ${whose}: choose other ones`] : []),
    ...Object.entries(fields).flatMap(([name, schema]) => findSchemaProblems(`"${name}" in ${whose}`, schema)),
  ];
};

const isUnsafe = (name: string) =>
  name in Object.prototype || name === '_bsontype' || name.startsWith('$') || name.includes('.') || name === '';

const findEventProblems = ({ events, evolve }: LooseDefinition): string[] => [
  ...Object.entries(events).flatMap(([type, event]) => findOneEventProblems(type, event, evolve[type])),
  ...Object.keys(evolve)
    .filter((type) => !Object.hasOwn(events, type))
    .map((type) => `evolve has a function for "${type}", which is no event: add the event, or take the function out`),
  ...(Object.values(events).some(({ creates }) => creates)
    ? []
    : ['no event creates a thing: mark the first event of a thing with "creates: true"']),
];

const findUpcastProblems = ({ events, upcasts = {} }: LooseDefinition): string[] =>
  Object.entries(upcasts).flatMap(([type, list]) => [
    ...(Object.hasOwn(events, type)
      ? []
      : [`there are upcasts for "${type}", which is no event: add the event, or take them out`]),
    ...(Array.isArray(list) && list.every((upcast) => typeof upcast === 'function')
      ? []
      : [`the upcasts of the event "${type}" must be a list of functions`]),
  ]);

const findOneEventProblems = (type: string, event: EventDefinition, evolve: unknown): string[] => [
  ...(/^[A-Z][A-Za-z0-9]{0,63}$/.test(type)
    ? []
    : [`the event type "${type}" must be 1 to 64 letters and digits, the first a capital`]),
  ...(typeof evolve === 'function' ? [] : [`the event "${type}" has no evolve: add the function evolve.${type}`]),
  ...findFieldsProblems(`the event "${type}"`, event.fields ?? {}, []),
];

const findCommandProblems = ({ commands }: LooseDefinition): string[] => {
  const creating = Object.keys(commands).filter((name) => commands[name]?.creates);
  return [
    ...Object.entries(commands).flatMap(([name, { input = {}, decide }]) => [
      ...(/^[a-z][A-Za-z0-9]{0,31}$/.test(name)
        ? []
        : [`the command "${name}" must be 1 to 32 letters and digits, the first a small one`]),
      ...(reservedCommands.includes(name) ? [`the engine needs the command name "${name}": choose another one`] : []),
      ...(typeof decide === 'function' ? [] : [`the command "${name}" has no decide: add the function`]),
      ...findFieldsProblems(`the input of "${name}"`, input, ['id']),
    ]),
    ...(creating.length === 1 ? [] : [`${describeCreating(creating)} a thing: mark exactly one with "creates: true"`]),
  ];
};

const describeCreating = (names: readonly string[]): string =>
  names.length === 0 ? 'no command creates' : `the commands ${names.join(' and ')} create`;

const findRefusalProblems = (refusals: NonNullable<LooseDefinition['refusals']>): string[] =>
  Object.entries(refusals).flatMap(([reason, refusal]) => [
    ...(/^[A-Z][A-Za-z0-9]{0,63}$/.test(reason)
      ? []
      : [`the refusal "${reason}" must be 1 to 64 letters and digits, the first a capital`]),
    ...(reservedReasons.includes(reason) ? [`the engine needs the refusal "${reason}": choose another name`] : []),
    ...(Number.isInteger(refusal?.status) && refusal.status >= 400 && refusal.status <= 499
      ? []
      : [`the refusal "${reason}" needs a status from 400 to 499`]),
    ...(typeof refusal?.title === 'string' && refusal.title !== ''
      ? []
      : [`the refusal "${reason}" needs a title, one sentence for the client`]),
  ]);
