import type { FieldSchemas } from './data-of.ts';
import { findUnread, isObject, matches } from './find-definition-problems.ts';
import type { Fields } from './stored-event.ts';

/** What an entity's file says of a thing that its things name. */
export type ReferenceDefinition<Field extends string> = {
  readonly entity: string; // the name of the other entity
  readonly field: Field; // of the state, with the id of the other thing
};

/** A thing of another entity that a field of this one names. */
export type Reference = Readonly<{ name: string; entity: string; field: string }>;

/** What goes first: a command on the thing that a reference names. Pure. */
export type FirstDefinition<Input, Name extends string> = {
  readonly reference: Name; // the command's input has its field
  readonly command: string; // of the other entity
  readonly input?: (input: Input, id: string) => Fields; // `id` is that of the thing of this command
};

/** A command of another thing that goes first, as the engine uses it. */
export type First = Readonly<{
  reference: Reference;
  command: string;
  input: (input: Fields, id: string) => Fields;
}>;

/** The references of a definition, whose problems were looked for. */
export const referencesOf = (
  references: Readonly<Record<string, ReferenceDefinition<string>>> = {},
): ReadonlyMap<string, Reference> =>
  new Map(Object.entries(references).map(([name, { entity, field }]) => [name, { name, entity, field }]));

/** What goes first, of a definition whose problems were looked for. */
export const firstOf = (
  { reference, command, input = () => ({}) }: FirstDefinition<Fields, string>,
  references: ReadonlyMap<string, Reference>,
): First => ({ reference: references.get(reference) as Reference, command, input });

/** What is wrong with the declared references of these fields, and how to mend it. */
export const findReferenceProblems = (references: unknown, fields: FieldSchemas, views: unknown): string[] => {
  if (references === undefined || !isObject(fields)) return [];
  if (!isObject(references)) return ['its references must be an object'];
  const taken = [...reserved, ...(isObject(views) ? Object.keys(views) : [])];
  return Object.entries(references).flatMap(([name, reference]) => findOneProblem(name, reference, fields, taken));
};

const findOneProblem = (name: string, reference: unknown, fields: FieldSchemas, taken: readonly string[]): string[] => {
  const what = `the reference "${name}"`;
  if (!isObject(reference)) return [`${what} must be an object with entity and field`];
  const { entity, field }: Partial<ReferenceDefinition<string>> = reference;
  return [
    ...findUnread(what, reference, ['entity', 'field']),
    ...(matches(/^[a-z][A-Za-z0-9_-]{0,31}$/, name)
      ? []
      : [`${what} stands in addresses: it must be 1 to 32 letters, digits, _ and -, the first a small letter`]),
    ...(taken.includes(name) || Object.hasOwn(fields, name)
      ? [`${what} has the name of a field, of a view or of the engine: choose another one`]
      : []),
    ...(typeof entity === 'string' ? [] : [`${what} needs an entity: the name of the other one`]),
    ...(typeof field === 'string' && Object.hasOwn(fields, field) && fields[field]?.type === 'string'
      ? []
      : [`${what} needs a field that is a text: its fields are ${Object.keys(fields).join(', ')}`]),
  ];
};

/** Names that stand after an id in addresses, or in documents. */
const reserved: readonly string[] = ['id', 'type', 'events', 'history', 'relationships', 'views', 'links', 'meta'];

/** What is wrong with what goes first for a command with this input, and how to mend it. */
export const findFirstProblems = (
  command: string,
  first: unknown,
  input: FieldSchemas | undefined,
  references: Readonly<Record<string, ReferenceDefinition<string>>> | undefined,
): string[] => {
  if (first === undefined) return [];
  const what = `the "first" of the command "${command}"`;
  if (!isObject(first)) return [`${what} must be an object with reference and command`];
  const { reference = '', command: other, input: inputOf }: Partial<FirstDefinition<Fields, string>> = first;
  const named = isObject(references) && Object.hasOwn(references, reference) ? references[reference] : undefined;
  return [
    ...findUnread(what, first, ['reference', 'command', 'input']),
    ...(named ? [] : [`${what} needs the name of one of its references`]),
    ...(!named || Object.hasOwn(input ?? {}, named.field)
      ? []
      : [`${what} needs the field "${named.field}" in the input of the command`]),
    ...(typeof other === 'string' ? [] : [`${what} needs a command: the name of one of the other entity`]),
    ...(inputOf === undefined || typeof inputOf === 'function' ? [] : [`the input of ${what} must be a function`]),
  ];
};
