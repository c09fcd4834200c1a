import type Joi from 'joi';
import { unsure } from './compile-value.ts';
import { type CommandType, idSchema, isId } from './entity.ts';
import type { Fault } from './fault.ts';
import { faultCodeOf } from './fault-code-of.ts';
import { escapePointer, findUnsafe } from './find-unsafe.ts';
import { readDates } from './read-dates.ts';
import type { Fields } from './stored-event.ts';

export type ParsedInput =
  | { kind: 'input'; id: string | undefined; fields: Fields }
  | { kind: 'faults'; faults: Fault[] };

/** Parses the input of a command, and the id if the body may name one. Returns all faults if there are any. */
export const parseInput = (command: CommandType, body: unknown): ParsedInput => {
  const checked = command.check(body);
  if (checked === unsure) return parseWithJoi(command, body);
  const value = checked as Fields; // a new object, which needs no copy without an id
  return Object.hasOwn(value, 'id') ? withoutId(command, value) : inputOf(command, undefined, value);
};

/** The same without the compiled check: what Joi says counts, and only Joi writes faults. */
export const parseWithJoi = (command: CommandType, body: unknown): ParsedInput => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { kind: 'faults', faults: [{ pointer: '', code: 'not-an-object', detail: 'expected a JSON object' }] };
  const unsafe = findUnsafe(body, command.body === undefined ? 0 : -1);
  if (unsafe.length > 0) return { kind: 'faults', faults: capped(unsafe) };
  const { value, error } = validate(command.schema, body);
  if (error) return { kind: 'faults', faults: capped(error.details.map(faultOf)) };
  return withoutId(command, value);
};

/** Parses an object by a schema. Returns all faults if there are any. */
export const parseFields = (schema: Joi.ObjectSchema<Fields>, value: unknown): ParsedFields => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'faults', faults: [{ pointer: '', code: 'not-an-object', detail: 'expected a JSON object' }] };
  const unsafe = findUnsafe(value);
  if (unsafe.length > 0) return { kind: 'faults', faults: capped(unsafe) };
  const { value: fields, error } = validate(schema, value);
  return error ? { kind: 'faults', faults: capped(error.details.map(faultOf)) } : { kind: 'fields', fields };
};

export type ParsedFields = { kind: 'fields'; fields: Fields } | { kind: 'faults'; faults: Fault[] };

const withoutId = (command: CommandType, { id, ...fields }: Fields): ParsedInput =>
  inputOf(command, id as string | undefined, fields);

const inputOf = (command: CommandType, id: string | undefined, fields: Fields): ParsedInput => {
  const faults = command.findFaults(fields);
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'input', id, fields };
};

/** Returns the faults of an id. */
export const findIdFaults = (id: unknown, pointer = '/id'): Fault[] => {
  if (isId(id)) return [];
  const { error } = idSchema.required().label('id').validate(id, { convert: false });
  return (error?.details ?? []).map(({ type, message }) => ({ pointer, code: faultCodeOf(type), detail: message }));
};

// JSON has no dates. Where the schema expects a date, the text is parsed as one, and the rules of the schema apply
const validate = (schema: Joi.ObjectSchema<Fields>, body: object): Joi.ValidationResult<Fields> => {
  const first = schema.validate(body);
  if (!first.error) return first;
  const withDates = readDates(body, first.error.details);
  return withDates ? schema.validate(withDates) : first;
};

const faultsMax = 50; // an answer must not grow with what comes in

const capped = (faults: Fault[]): Fault[] =>
  faults.length <= faultsMax
    ? faults
    : [
        ...faults.slice(0, faultsMax),
        { pointer: '', code: 'more-faults', detail: `and ${faults.length - faultsMax} more faults` },
      ];

const faultOf = (detail: Joi.ValidationErrorItem): Fault => ({
  pointer: detail.path.map((step) => `/${escapePointer(String(step))}`).join(''),
  code: faultCodeOf(detail.type, detail.context?.name),
  detail: detail.message,
});
