import { absent, defineEntity, type State } from '@muster/model';
import { at } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { recordOf, stateOf } from './records.ts';

/** A jar as a program of that release defines it: the later one has a further field in its state. */
const jarWith = (state: { cents: Joi.NumberSchema; limit?: Joi.NumberSchema }) =>
  defineEntity({
    ...{ name: 'jar', collection: 'Jars', state },
    events: { JarOpened: { creates: true } },
    evolve: { JarOpened: () => ({ cents: 0, limit: 0 }) as never },
    commands: { open: { creates: true, decide: () => ({ type: 'JarOpened', data: {} }) as never } },
  });

const saved: State = { status: 'active', version: 3, fields: { cents: 5 }, createdAt: at(1), updatedAt: at(3) };

describe('The record of an entity with its own state', () => {
  const record = recordOf('a', 0, saved as Exclude<State, { status: 'absent' }>, 'test:1');

  it('gives the state that was saved', () =>
    expect(stateOf(jarWith({ cents: Joi.number() }), record)).to.deep.equal(saved));

  it('counts as absent for a program whose state has a further field, so that the log is folded instead', () =>
    expect(stateOf(jarWith({ cents: Joi.number(), limit: Joi.number() }), record)).to.deep.equal(absent));
});
