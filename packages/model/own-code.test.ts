import { at } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { decide, EntityBroken } from './decide.ts';
import { defineEntity } from './define-entity.ts';
import { applyStored, type State } from './state.ts';

/** An entity whose code does what it must not, as JavaScript allows it. */
const careless = defineEntity({
  name: 'careless',
  collection: 'Careless',
  state: { count: Joi.number(), list: Joi.array(), any: Joi.any() },
  events: { Made: { creates: true }, Counted: {}, Stored: { fields: { any: Joi.any() } } },
  evolve: {
    Made: () => ({ count: 0, list: [], any: 0 }),
    Counted: (state) => {
      (state as { count: number }).count += 1;
      return state;
    },
    Stored: (state, { data }) => ({ ...state, any: data.any }),
  },
  commands: {
    make: { creates: true, decide: () => ({ type: 'Made', data: {} }) },
    count: { decide: () => ({ type: 'Counted', data: {} }) },
    push: {
      decide: (_, state) => {
        (state.list as number[]).push(1);
        return { type: 'Stored', data: { any: state.list.length } };
      },
    },
    store: { decide: () => ({ type: 'Stored', data: { any: { deep: () => 1 } } }) },
  },
});

const made = (): State => ({
  ...{ status: 'active', version: 1, fields: { count: 0, list: [], any: 0 } },
  ...{ createdAt: at(1), updatedAt: at(1) },
});

const run = (name: string, state = made()) => {
  const type = careless.commands.get(name);
  return () => type && decide(careless, { type, input: {} }, state, at(2));
};

describe("An entity's own code", () => {
  it('cannot change the state that an evolve gets: the next decision would be on a state of no version', () => {
    const state = made();
    expect(run('count', state)).to.throw(EntityBroken, /evolve of Counted throws/);
    expect(state).to.deep.equal(made());
    const stored = { _id: 'e', entity: 'careless', entityId: 'a', version: 2, partition: 0, type: 'Counted', data: {} };
    const applied = applyStored(careless, state, { ...stored, at: at(2), meta: { requestId: 'r', shape: 1 } });
    expect(applied).to.have.property('kind', 'poison');
    expect(state).to.deep.equal(made());
  });

  it('cannot change the state that a decide gets, not even inside a list', () =>
    expect(run('push')).to.throw(EntityBroken, /its decide throws/));

  it('cannot put into the log what no database and no reader can have', () =>
    expect(run('store')).to.throw(EntityBroken, /function/));
});
