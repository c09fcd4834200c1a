import Joi from 'joi';
import type { FieldSchemas } from './data-of.ts';
import { idSchema } from './entity.ts';
import { presenceOf } from './optional.ts';
import type { Fields } from './stored-event.ts';

/** The names of the fields that may not be missing. */
export const requiredOf = (fields: FieldSchemas): string[] =>
  Object.entries(fields)
    .filter(([, schema]) => presenceOf(schema) === 'required')
    .map(([name]) => name);

/** The schema of an object with these fields and no others. */
export const strictSchemaOf = (fields: FieldSchemas): Joi.ObjectSchema<Fields> =>
  Joi.object(fields as Record<string, Joi.Schema>)
    .fork(requiredOf(fields), (schema) => schema.required())
    .options(strict);

/** The same for the input of a command; `hasId` where it may name the id of the thing, too. */
export const inputSchemaOf = (fields: FieldSchemas, hasId: boolean): Joi.ObjectSchema<Fields> =>
  strictSchemaOf(hasId ? { id: idSchema.optional(), ...fields } : fields);

// types are not converted: the string "7" is no integer; all faults at once
const strict = {
  abortEarly: false,
  convert: false,
  errors: { wrap: { label: '"' } },
  messages: { 'date.base': '{{#label}} must be a date in ISO 8601, such as 2026-01-31T09:30:00Z' },
} satisfies Joi.ValidationOptions;
