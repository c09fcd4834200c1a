import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import { defineRecord } from './define-record.ts';
import { optional } from './optional.ts';
import { present } from './present.ts';
import { renderState } from './render-state.ts';
import type { Fields } from './stored-event.ts';

const any = optional(Joi.any());
const thing = defineRecord({
  name: 'thing',
  title: 'Thing',
  collection: 'Things',
  fields: { b: any, a: any, 'a "quoted" name': any, ü: any },
});
const list = defineRecord({ name: 'list', title: 'List', collection: 'Lists', fields: { b: any, 7: any } });

const anyValue = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u007f', '\u2028', '\ud800', '\udc00', 'a', '😀') }),
  fc.constantFrom<unknown>(-0, Number.NaN, Number.NEGATIVE_INFINITY, 1e21, 1e-7, undefined, null, Symbol('a'), () => 1),
  fc.date(), // also dates that are none
  fc.anything({ withDate: true, maxDepth: 2 }),
);
const anyFields = fc.record(
  { b: anyValue, a: anyValue, 'a "quoted" name': anyValue, ü: anyValue, 7: anyValue, other: anyValue },
  { requiredKeys: [] },
) as fc.Arbitrary<Fields>;

describe('The JSON of a state', () => {
  for (const entity of [thing, list])
    it(`is that of JSON.stringify, for a ${entity.name} with the fields ${Object.keys(entity.fields)}`, () =>
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), anyFields, (id, fields) => {
          const [createdAt, updatedAt] = [new Date(1), new Date(2)];
          const state = { status: 'active' as const, version: 1, fields, createdAt, updatedAt };
          expect(renderState(entity, id, state).json).to.equal(JSON.stringify(present(entity, id, fields)));
        }),
        { numRuns: 5_000 },
      ));
});
