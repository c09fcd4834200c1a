import { expect } from 'chai';
import Joi from 'joi';
import { describe, it } from 'mocha';
import { decide, defineEntity, EntityBroken, renderState, type State } from './index.ts';

const box = defineEntity({
  name: 'box',
  collection: 'Boxes',
  state: { label: Joi.string(), closed: Joi.boolean() },
  events: { BoxOpened: { creates: true, fields: { label: Joi.string() } }, BoxClosed: {} },
  evolve: {
    BoxOpened: (_, { data }) => ({ label: data.label, closed: false }),
    BoxClosed: (state) => ({ ...state, closed: true }),
  },
  commands: {
    open: {
      creates: true,
      input: { label: Joi.string() },
      decide: (input) => ({ type: 'BoxOpened', data: input }),
    },
    close: { decide: () => ({ type: 'BoxClosed', data: {} }) },
  },
  gone: ({ closed, label }) => {
    if (label === 'broken') throw new Error('no idea');
    return closed;
  },
});

const at = new Date('2026-01-01T00:00:00Z');
const state = (closed: boolean, label = 'red'): State => ({
  ...{ status: 'active', version: 2, fields: { label, closed }, createdAt: at, updatedAt: at },
});
const run = (name: string, on: State, input = {}) => {
  const type = box.commands.get(name);
  if (!type) throw new Error(name);
  return decide(box, { type, input }, on, at);
};

describe('A thing that its entity calls gone', () => {
  it('refuses every command as a deleted one does', () => {
    expect(run('close', state(true))).to.deep.equal({ kind: 'refused', reason: 'Deleted' });
    expect(run('open', state(true), { label: 'blue' })).to.deep.equal({ kind: 'refused', reason: 'Deleted' });
  });

  it('is not yet gone before', () => {
    expect(run('close', state(false))).to.have.property('kind', 'event');
    expect(run('open', state(false), { label: 'blue' })).to.deep.equal({ kind: 'refused', reason: 'Exists' });
  });

  it('reads as deleted, and lists still have what clients see of it', () => {
    expect(renderState(box, 'a', state(true))).to.include({
      status: 'deleted',
      version: 2,
      json: '{"id":"a","label":"red","closed":true}',
    });
    expect(renderState(box, 'a', state(false))).to.have.property('status', 'active');
  });

  it('blames the entity when its gone throws', () => {
    expect(() => run('close', state(false, 'broken'))).to.throw(EntityBroken, 'the gone of its entity throws: no idea');
  });
});
