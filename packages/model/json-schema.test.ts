import { expect } from 'chai';
import Joi from 'joi';
import { jsonSchemaOf } from './json-schema.ts';

const exact = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

describe('The JSON Schema of a Joi schema', () => {
  it('has its rules', () => {
    expect(jsonSchemaOf(Joi.object({ a: Joi.string().max(3).required(), b: Joi.date() }))).to.deep.equal({
      type: 'object',
      properties: { a: { type: 'string', minLength: 1, maxLength: 3 }, b: { type: 'string', format: 'date-time' } },
      required: ['a'],
      additionalProperties: false,
    });
  });

  it('has null among values that are allowed with null', () => {
    const either = { type: ['string', 'null'], enum: ['a', null] };
    expect(jsonSchemaOf(Joi.string().valid('a').allow(null))).to.deep.equal(either);
    expect(jsonSchemaOf(Joi.valid('a', 1, null))).to.deep.equal({
      ...{ type: ['string', 'number', 'null'], enum: ['a', 1, null] },
    });
  });

  it('has patterns that say the same, at any depth', () => {
    const list = Joi.array().items(Joi.object({ a: Joi.string().pattern(/x/, { invert: true }) }));
    expect(jsonSchemaOf(list)).to.deep.nested.include({ 'items.properties.a.not': { pattern: 'x' } });
    expect(jsonSchemaOf(list)).not.to.have.nested.property('items.properties.a.pattern');
    expect(jsonSchemaOf(Joi.string().pattern(/x/i))).to.deep.equal({ type: 'string', minLength: 1 });
    expect(jsonSchemaOf(Joi.string().pattern(/a\/b/))).to.include({ pattern: 'a\\/b' });
    expect(jsonSchemaOf(Joi.string().pattern(/a/).pattern(/b/)).allOf).to.deep.equal([
      { pattern: 'a' },
      { pattern: 'b' },
    ]);
  });

  it('has the range of exact numbers, and values that are forbidden', () => {
    expect(jsonSchemaOf(Joi.number())).to.deep.equal({ type: 'number', ...exact });
    expect(jsonSchemaOf(Joi.number().positive())).to.include({ maximum: exact.maximum }).and.not.have.key('minimum');
    expect(jsonSchemaOf(Joi.number().unsafe())).to.deep.equal({ type: 'number' });
    expect(jsonSchemaOf(Joi.string().invalid('count')).not).to.deep.equal({ enum: ['count'] });
  });

  it('allows anything where parts of a schema are elsewhere', () => {
    expect(jsonSchemaOf(Joi.link('#other'))).to.deep.equal({});
  });
});
