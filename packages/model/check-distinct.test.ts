import { expect } from 'chai';
import Joi from 'joi';
import { defineRecord } from './define-record.ts';
import { checkDistinct } from './entity.ts';

const entity = (name: string, collection: string) =>
  defineRecord({ name, title: 'Thing', collection, fields: { text: Joi.string() } });

describe('Entities side by side', () => {
  it('are fine with a name and a collection each', () =>
    expect(() => checkDistinct([entity('one', 'Ones'), entity('two', 'Twos')])).not.to.throw());
  it('may not have the same name', () =>
    expect(() => checkDistinct([entity('one', 'Ones'), entity('one', 'Twos')])).to.throw(/name "one"/));
  it('may not have the same collection', () =>
    expect(() => checkDistinct([entity('one', 'Ones'), entity('two', 'Ones')])).to.throw(/collection "Ones"/));
});
