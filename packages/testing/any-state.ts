import type { State } from '@muster/model';
import fc from 'fast-check';

const anyDate = fc.date({ noInvalidDate: true });
/** Any field name, including unusual ones. */
export const anyKey = fc.oneof(
  fc.string(),
  fc.constantFrom('$date', '$number', '$plain', '__proto__', '_bsontype', '0'),
);

/** Any field value that the database can return. */
const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_SAFE_INTEGER),
    fc.boolean(),
    fc.constant(null),
    anyDate,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(anyKey, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

const anyFields = fc.array(fc.tuple(anyKey, anyValue), { maxLength: 5 }).map((entries) => Object.fromEntries(entries));
const anyVersion = fc.integer({ min: 0, max: 0xffff_ffff });

/** Any state of any entity. */
export const anyState: fc.Arbitrary<State> = fc.oneof(
  fc.record({ status: fc.constant('absent' as const), version: anyVersion }),
  fc.record({
    ...{ status: fc.constant('active' as const), version: anyVersion, fields: anyFields },
    ...{ createdAt: anyDate, updatedAt: anyDate },
  }),
  fc.record({
    ...{ status: fc.constant('deleted' as const), version: anyVersion, createdAt: anyDate, deletedAt: anyDate },
  }),
);
