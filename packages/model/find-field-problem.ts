import type Joi from 'joi';
import type { Fields } from './stored-event.ts';

/** A field that is unknown, missing, or of another type than its schema. */
export type FieldProblem =
  | { kind: 'unknown' | 'missing'; name: string }
  | { kind: 'type'; name: string; expected: string };

/** The first problem of these values. Only the types of values are checked, not the rules of their schemas. */
export const findFieldProblem = (
  fields: Readonly<Record<string, Joi.Schema>>,
  requiredNames: readonly string[],
  values: Fields,
): FieldProblem | undefined => {
  for (const name of Object.keys(values)) {
    const schema = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!schema) return { kind: 'unknown', name };
    if (!isOfType(schema, values[name])) return { kind: 'type', name, expected: schema.type ?? 'any' };
  }
  const missing = requiredNames.find((name) => !Object.hasOwn(values, name));
  return missing === undefined ? undefined : { kind: 'missing', name: missing };
};

const isOfType = (schema: Joi.Schema, value: unknown): boolean => hasType(schema, value) || mayHave(schema, value);

const hasType = (schema: Joi.Schema, value: unknown): boolean => {
  switch (schema.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === schema.type;
    case 'array':
      return Array.isArray(value);
    case 'date':
      return value instanceof Date && !Number.isNaN(value.getTime());
    case 'object':
      return value !== null && value !== undefined;
    default:
      return value !== undefined;
  }
};

// values that a schema allows beside those of its type, such as null; what a condition allows is not looked at
const mayHave = (schema: Joi.Schema, value: unknown): boolean => {
  if (value === undefined) return false;
  const { allow, whens } = describe(schema);
  return whens !== undefined || (allow ?? []).includes(value);
};

// Joi takes microseconds to describe a schema, and a null in a field would cost them in every event of a restore
const described = new WeakMap<Joi.Schema, Joi.Description>();

const describe = (schema: Joi.Schema): Joi.Description => {
  const found = described.get(schema) ?? schema.describe();
  described.set(schema, found);
  return found;
};
