import { expect } from 'chai';
import Joi from 'joi';
import { checkDistinct, defineEntity } from './entity.ts';

const entity = (name: string, collection: string) =>
  defineEntity({ name, title: 'Thing', collection, fields: { text: Joi.string() } });

describe('Entities side by side', () => {
  it('are fine with a name and a collection each', () =>
    expect(() => checkDistinct([entity('one', 'Ones'), entity('two', 'Twos')])).not.to.throw());
  it('may not have the same name', () =>
    expect(() => checkDistinct([entity('one', 'Ones'), entity('one', 'Twos')])).to.throw(/name "one"/));
  it('may not have the same collection', () =>
    expect(() => checkDistinct([entity('one', 'Ones'), entity('two', 'Ones')])).to.throw(/collection "Ones"/));
});
