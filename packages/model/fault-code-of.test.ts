import { expect } from 'chai';
import Joi from 'joi';
import { faultCodes } from './fault.ts';
import { faultCodeOf } from './fault-code-of.ts';

/** The types of errors that the schemas of an entity can give, as Joi knows them. */
const joiTypes = [
  ...[Joi.any(), Joi.string(), Joi.number(), Joi.boolean(), Joi.date(), Joi.array(), Joi.object(), Joi.alternatives()],
].flatMap((schema) => Object.keys((schema as unknown as { _definition: { messages: object } })._definition.messages));

// these come from an entity's own functions and references, or are none of the client's
const withoutCode = [
  ...['any.custom', 'any.default', 'any.failover', 'any.ref', 'array.sort.mismatching', 'array.sort.unsupported'],
  ...['date.format.unix', 'object.assert', 'object.instance', 'object.refType', 'object.regex', 'object.schema'],
  ...['object.rename.multiple', 'object.rename.override', 'object.rename.proto'],
];

describe('The code of a fault', () => {
  it('exists for every kind of error that Joi knows', () => {
    expect(joiTypes).to.include.members(['string.email', 'any.required', 'object.unknown', 'array.unique']);
    const without = [...new Set(joiTypes)].filter((type) => faultCodeOf(type) === 'invalid');
    expect(without.sort()).to.deep.equal(withoutCode.sort());
  });

  it('is one of those that are explained, also for an error that Joi will know later', () => {
    expect(faultCodes).to.include.keys([...joiTypes, 'string.later'].map(faultCodeOf));
    expect(faultCodeOf('string.later')).to.equal('invalid');
  });

  it('is the word that clients rely on', () => {
    const codeOf = (schema: Joi.Schema, value: unknown) =>
      faultCodeOf(schema.validate(value, { convert: false }).error?.details[0]?.type ?? '');
    expect(codeOf(Joi.object({ a: Joi.required() }), {})).to.equal('required');
    expect(codeOf(Joi.object({}), { a: 1 })).to.equal('unknown-field');
    expect(codeOf(Joi.string().max(3), 'four')).to.equal('too-long');
    expect(codeOf(Joi.string().email({ tlds: false }), 'ada')).to.equal('not-an-email');
    expect(codeOf(Joi.number().integer(), 1.5)).to.equal('not-an-integer');
    expect(codeOf(Joi.valid('a'), 'b')).to.equal('not-allowed');
  });
});
