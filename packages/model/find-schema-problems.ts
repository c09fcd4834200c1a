import Joi from 'joi';
import { presenceOf } from './optional.ts';

/** The types of Joi whose values BSON can store and JSON can carry. */
const storable: readonly unknown[] = [
  ...['any', 'alternatives', 'array', 'boolean', 'date', 'link', 'number', 'object', 'string'],
];

/** What is wrong with the schema of a field, with how to mend it. `what` names the field. */
export const findSchemaProblems = (what: string, schema: unknown): string[] => {
  if (!isSchema(schema)) return [`${what} is not a schema of this Joi: import Joi from "muster", as in Joi.string()`];
  return [
    ...(presenceOf(schema) === 'unmarked'
      ? [`${what} is optional, and TypeScript cannot know: write optional(Joi.…) in place of .optional()`]
      : []),
    ...findUnstorable(schema.describe()).map((problem) => `${what} ${problem}`),
  ];
};

const isSchema = (schema: unknown): schema is Joi.Schema => {
  try {
    return Joi.isSchema(schema);
  } catch {
    return false; // of another version of Joi
  }
};

/** What is wrong with a description of Joi, wherever it stands in it. */
const findUnstorable = (node: unknown): string[] => {
  if (typeof node !== 'object' || node === null) return [];
  const { flags, metas, examples, rules, keys, ...inside } = node as Record<string, unknown>;
  const nested = [...Object.values(inside), ...Object.values(Object(keys))];
  return [...findInNode(node as Description), ...nested.flatMap(findUnstorable)];
};

type Description = {
  type?: unknown;
  flags?: { cast?: string };
  rules?: { name: string }[];
  keys?: object;
  externals?: unknown;
};

const findInNode = ({ type, flags, rules, keys, externals }: Description): string[] => [
  ...(typeof type !== 'string' || storable.includes(type) ? [] : [accepts(`values of the type ${type}`)]),
  ...(flags?.cast ? [`casts its values to ${flags.cast}, and they are stored as they come: take .cast() out`] : []),
  ...(Array.isArray(rules) && rules.some(({ name }) => name === 'instance') ? [accepts('objects of a class')] : []),
  ...(externals ? ['has an asynchronous check, and a decision cannot wait: take .external() out'] : []),
  ...Object.keys(Object(keys))
    .filter((key) => key.startsWith('$') || key.includes('.') || key === '__proto__' || key === '_bsontype')
    .map((key) => accepts(`the key "${key}"`)),
];

const accepts = (found: string): string => `accepts ${found}, which BSON or JSON cannot store`;
