import Joi from 'joi';
import { type Check, compileValue, type Description, unsure } from './compile-value.ts';
import { parseDate } from './read-dates.ts';
import type { Fields } from './stored-event.ts';

type Compiled = { schema: Joi.ObjectSchema<Fields>; check: Check };

/**
 * A schema of inputs with its check, compiled once. The check is always unsure where the schema has a part that is not
 * known here.
 */
export const compileInput = (schema: Joi.ObjectSchema<Fields>): Compiled => compile(schema, checkDateText);

/** The same for the data of an event, where dates are dates already. */
export const compileData = (schema: Joi.ObjectSchema<Fields>): Compiled => compile(schema, checkDate);

// JSON has no dates: the engine parses the text where a date belongs
const checkDateText: Check = (value) => parseDate(value) ?? unsure;

const checkDate: Check = (value) => (value instanceof Date && !Number.isNaN(value.getTime()) ? value : unsure);

const compile = (schema: Joi.ObjectSchema<Fields>, dateOf: Check): Compiled => {
  const described = schema.describe() as Description;
  // the checks are those of schemas that convert nothing
  const isPlain = isOfThisJoi(schema) && described.preferences?.convert === false;
  const check = isPlain ? compileValue(described, { depth: 0, hasDefaults: true, checkDate: dateOf }) : undefined;
  return { schema, check: check ?? (() => unsure) };
};

// an extension of Joi may give other rules to a type of the same name
const isOfThisJoi = (schema: Joi.Schema): boolean => {
  const { $_root, $_terms } = schema as Joi.Schema & { $_root: unknown };
  const { keys, items } = $_terms as { keys?: { schema: Joi.Schema }[] | null; items?: Joi.Schema[] };
  const inner = [...(keys ?? []).map((key) => key.schema), ...(items ?? [])];
  return $_root === Joi && inner.every(isOfThisJoi);
};
