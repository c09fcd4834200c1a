import type Joi from 'joi';
import { type Entity, idSchema, isId } from './entity.ts';
import type { Fault } from './fault.ts';
import { escapePointer, findUnsafe } from './find-unsafe.ts';
import type { Fields } from './stored-event.ts';

export type ParsedInput =
  | { kind: 'input'; id: string | undefined; fields: Fields }
  | { kind: 'faults'; faults: Fault[] };

/** What a client sent for a new thing: all fields, the id if it chose one; or every fault. */
export const parseNew = (entity: Entity, body: unknown): ParsedInput => parse(entity.createSchema, body);

/** What a client sent as a partial update: at least one field; or every fault. */
export const parseChanges = (entity: Entity, body: unknown): ParsedInput => {
  const parsed = parse(entity.updateSchema, body);
  if (parsed.kind === 'faults' || Object.keys(parsed.fields).length > 0) return parsed;
  return {
    kind: 'faults',
    faults: [{ pointer: '', detail: `nothing to update: expected at least one of ${entity.fieldNames.join(', ')}` }],
  };
};

/** The faults of an id; none when it is one. */
export const findIdFaults = (id: unknown, pointer = '/id'): Fault[] => {
  if (isId(id)) return [];
  const { error } = idSchema.required().label('id').validate(id, { convert: false });
  return error ? [{ pointer, detail: error.message }] : [];
};

const parse = (schema: Joi.ObjectSchema<Fields>, body: unknown): ParsedInput => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { kind: 'faults', faults: [{ pointer: '', detail: 'expected a JSON object' }] };
  const unsafe = findUnsafe(body);
  if (unsafe.length > 0) return { kind: 'faults', faults: unsafe };
  const { value, error } = schema.validate(body);
  if (error) return { kind: 'faults', faults: error.details.map(faultOf) };
  const { id, ...fields } = value;
  return { kind: 'input', id: id as string | undefined, fields };
};

const faultOf = (detail: Joi.ValidationErrorItem): Fault => ({
  pointer: detail.path.map((step) => `/${escapePointer(String(step))}`).join(''),
  detail: detail.message,
});
