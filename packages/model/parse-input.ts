import type Joi from 'joi';
import { type CommandType, idSchema, isId } from './entity.ts';
import type { Fault } from './fault.ts';
import { escapePointer, findUnsafe } from './find-unsafe.ts';
import { readDates } from './read-dates.ts';
import type { Fields } from './stored-event.ts';

export type ParsedInput =
  | { kind: 'input'; id: string | undefined; fields: Fields }
  | { kind: 'faults'; faults: Fault[] };

/** Parses the input of a command, with the id if the input may contain one. Returns all faults if there are any. */
export const parseInput = (command: CommandType, body: unknown): ParsedInput => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { kind: 'faults', faults: [{ pointer: '', detail: 'expected a JSON object' }] };
  const unsafe = findUnsafe(body);
  if (unsafe.length > 0) return { kind: 'faults', faults: unsafe };
  const { value, error } = validate(command.schema, body);
  if (error) return { kind: 'faults', faults: error.details.map(faultOf) };
  const { id, ...fields } = value;
  const faults = command.findFaults(fields);
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'input', id: id as string | undefined, fields };
};

/** Returns the faults of an id; the list is empty if the id is valid. */
export const findIdFaults = (id: unknown, pointer = '/id'): Fault[] => {
  if (isId(id)) return [];
  const { error } = idSchema.required().label('id').validate(id, { convert: false });
  return error ? [{ pointer, detail: error.message }] : [];
};

// JSON has no dates: a text is converted if the schema requires a date, and the schema then checks that date
const validate = (schema: Joi.ObjectSchema<Fields>, body: object): Joi.ValidationResult<Fields> => {
  const first = schema.validate(body);
  if (!first.error) return first;
  const withDates = readDates(body, first.error.details);
  return withDates ? schema.validate(withDates) : first;
};

const faultOf = (detail: Joi.ValidationErrorItem): Fault => ({
  pointer: detail.path.map((step) => `/${escapePointer(String(step))}`).join(''),
  detail: detail.message,
});
