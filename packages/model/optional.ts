import type Joi from 'joi';
import type { FieldSchema, Optional } from './data-of.ts';

/**
 * The schema of a field that may be missing, for TypeScript too. Joi's own `.optional()` leaves the type as it is, so
 * an entity refuses it.
 */
export const optional = <Schema extends FieldSchema>(schema: Schema): Schema & Optional =>
  (schema as unknown as Joi.Schema).optional().meta({ [marker]: true }) as unknown as Schema & Optional;

const marker = 'musterOptional';

/** `optional`: made by the function above. `unmarked`: made by Joi's `.optional()` alone. */
export const presenceOf = (schema: FieldSchema): 'required' | 'optional' | 'unmarked' => {
  const { flags, metas } = schema.describe() as { flags?: { presence?: string }; metas?: object[] };
  if (flags?.presence !== 'optional') return 'required';
  return metas?.some((meta) => marker in meta) ? 'optional' : 'unmarked';
};
