import type Joi from 'joi';

/** A JSON Schema (draft 2020-12). */
export type JsonSchema = { [keyword: string]: unknown };

/**
 * Returns the JSON Schema of a Joi schema, as Joi writes it. Corrects what Joi 18.3 writes wrongly or leaves out: null
 * among allowed values, inverted patterns and those with flags, forbidden values, and the range of exact numbers. Where
 * JSON Schema cannot say it, the result allows more than Joi does, never less.
 */
export const jsonSchemaOf = (schema: Joi.Schema): JsonSchema => {
  const standard = schema as unknown as { '~standard': { jsonSchema: { input: (options: object) => JsonSchema } } };
  const { $schema: _, ...written } = standard['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  return correct(written, schema.describe() as Described);
};

/** The parts of a Joi description that are read here. */
type Described = {
  type?: string;
  flags?: { unsafe?: boolean; only?: boolean };
  rules?: { name: string; args?: { regex?: string; options?: { invert?: boolean } } }[];
  invalid?: unknown[];
  keys?: Record<string, Described>;
  items?: Described[];
  matches?: { schema?: Described }[];
  shared?: unknown;
};

const correct = (written: JsonSchema, described: Described): JsonSchema => {
  if (described.type === 'link' || '$ref' in written) return {}; // the parts that links name are elsewhere
  const schema = withItems(withKeys({ ...written }, described), described);
  if (Array.isArray(schema.type)) schema.type = [...new Set(schema.type.flat())];
  if (Array.isArray(schema.enum) && [schema.type].flat().includes('null') && !schema.enum.includes(null))
    schema.enum = [...schema.enum, null];
  return withRange(withoutForbidden(withPattern(schema, described), described), described);
};

const withKeys = (schema: JsonSchema, { keys, matches }: Described): JsonSchema => {
  if (schema.properties && keys)
    schema.properties = Object.fromEntries(
      Object.entries(schema.properties as Record<string, JsonSchema>).map(([name, property]) => [
        name,
        correct(property, keys[name] ?? {}),
      ]),
    );
  if (Array.isArray(schema.anyOf) && matches?.length === schema.anyOf.length)
    schema.anyOf = schema.anyOf.map((one, index) => correct(one, matches[index]?.schema ?? {}));
  return schema;
};

const withItems = (schema: JsonSchema, { items }: Described): JsonSchema => {
  if (schema.items && items?.length === 1) schema.items = correct(schema.items as JsonSchema, items[0] ?? {});
  return schema;
};

/** JSON Schema has no flags of a pattern, and only one pattern. */
const withPattern = (schema: JsonSchema, { rules = [] }: Described): JsonSchema => {
  const patterns = rules.filter(({ name }) => name === 'pattern');
  if (patterns.length === 0) return schema;
  const { pattern: _, ...others } = schema;
  const known = patterns.filter(({ args }) => /\/u?$/.test(args?.regex ?? ''));
  const sourceOf = (regex = '') => regex.slice(1, regex.lastIndexOf('/'));
  const rulesOf = known.map(({ args }) => {
    const rule = { pattern: sourceOf(args?.regex) };
    return args?.options?.invert ? { not: rule } : rule;
  });
  return rulesOf.length > 1 ? { ...others, allOf: rulesOf } : { ...others, ...rulesOf[0] };
};

const withoutForbidden = (schema: JsonSchema, { invalid = [] }: Described): JsonSchema => {
  const values = invalid.filter((value) => value === null || ['string', 'number', 'boolean'].includes(typeof value));
  if (values.length === 0) return schema;
  return 'not' in schema ? schema : { ...schema, not: { enum: values } };
};

/** Joi refuses numbers that JavaScript cannot keep exactly. */
const withRange = (schema: JsonSchema, { type, flags }: Described): JsonSchema => {
  if (type !== 'number' || flags?.unsafe || flags?.only || 'enum' in schema || 'anyOf' in schema) return schema;
  const hasLeast = 'minimum' in schema || 'exclusiveMinimum' in schema;
  const hasMost = 'maximum' in schema || 'exclusiveMaximum' in schema;
  return {
    ...schema,
    ...(hasLeast ? {} : { minimum: Number.MIN_SAFE_INTEGER }),
    ...(hasMost ? {} : { maximum: Number.MAX_SAFE_INTEGER }),
  };
};
