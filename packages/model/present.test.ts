import { at } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { defineRecord } from './define-record.ts';
import { optional } from './optional.ts';
import { present } from './present.ts';
import { renderState } from './render-state.ts';
import { absent, type State } from './state.ts';

const fields = { name: Joi.string(), secret: optional(Joi.string()), stars: optional(Joi.number()) };
const plain = defineRecord({ name: 'plain', title: 'Plain', collection: 'Plains', fields });
const discreet = defineRecord({
  ...{ name: 'discreet', title: 'Discreet', collection: 'Discreets', fields },
  present: ({ name, secret, ...others }) => ({
    ...others,
    title: name,
    hasSecret: secret !== undefined,
    id: 'another',
  }),
});
const active: State = {
  ...{ status: 'active', version: 2, fields: { stars: 1, secret: 's', name: 'n', dropped: 1, unset: undefined } },
  ...{ createdAt: at(1), updatedAt: at(2) },
};

describe('What clients see', () => {
  it('is the id, then the fields in the order of the entity, without fields that the entity no longer has', () => {
    expect(JSON.stringify(present(plain, 'a', active.fields))).to.equal('{"id":"a","name":"n","secret":"s","stars":1}');
    expect(JSON.stringify(present(plain, 'a', { name: 'n', secret: undefined }))).to.equal('{"id":"a","name":"n"}');
  });

  it('is the id, then the result of the present of the entity, which cannot change the id', () => {
    const shown = '{"id":"a","stars":1,"title":"n","hasSecret":true}';
    expect(JSON.stringify(present(discreet, 'a', active.fields))).to.equal(shown);
    expect(JSON.stringify(present(discreet, 'a', { name: 'n' }))).to.equal('{"id":"a","title":"n","hasSecret":false}');
  });

  it('is rendered from a state with its version and its times', () => {
    const [first, second] = [at(1).getTime(), at(2).getTime()];
    const json = '{"id":"a","stars":1,"title":"n","hasSecret":true}';
    expect(renderState(discreet, 'a', active)).to.deep.equal({
      ...{ status: 'active', version: 2, json, createdAt: first, changedAt: second },
    });
    const deleted: State = { status: 'deleted', version: 3, createdAt: at(1), deletedAt: at(2) };
    expect(renderState(discreet, 'a', deleted)).to.deep.equal({
      ...{ status: 'deleted', version: 3, json: '', createdAt: first, changedAt: second },
    });
    expect(renderState(discreet, 'a', absent)).to.deep.equal({
      ...{ status: 'absent', version: 0, json: '', createdAt: 0, changedAt: 0 },
    });
  });
});
