import { entities, systems } from '@muster/entities';
import { defineEntity, defineRecord, type Entity, optional, parseInput } from '@muster/model';
import { expect } from 'chai';
import Joi from 'joi';
import { makeInput, makeThing } from './make-thing.ts';
import { makeUser } from './make-user.ts';

const field = {
  title: Joi.string().min(5).max(30),
  code: Joi.string().length(4),
  kind: Joi.string().valid('a', 'b'),
  email: Joi.string().email(),
  price: Joi.number().min(1).max(2),
  count: Joi.number().integer().positive(),
  isOpen: Joi.boolean(),
  from: Joi.date(),
  tags: Joi.array().items(Joi.string()).min(1).max(3),
  place: optional(Joi.object({ x: Joi.number(), y: Joi.number() })),
};
const asset = defineRecord({ name: 'asset', title: 'Asset', collection: 'Assets', fields: field });

describe('A seeded thing', () => {
  it('of a record fits its schemas, each time', () => {
    for (let index = 0; index < 300; index += 1) {
      const { id, fields } = makeThing(asset, 1, index);
      expect(parseInput(asset.creating, { id, ...fields })).to.have.property('kind', 'input');
    }
  });
  it('is the same for the same seed and index, and another one otherwise', () => {
    expect(makeThing(asset, 1, 7)).to.deep.equal(makeThing(asset, 1, 7));
    expect(makeThing(asset, 1, 7)).to.not.deep.equal(makeThing(asset, 1, 8));
    expect(makeThing(asset, 1, 7)).to.not.deep.equal(makeThing(asset, 2, 7));
  });
  it('of the directory is a plausible user', () =>
    expect(entities.map((user) => makeThing(user, 3, 5))).to.deep.equal([makeUser(3, 5)]));
  it('names the thing of the other entity with the same number, if creating it changes that one', () => {
    const [other, notes] = systems.assets ?? [];
    if (!other || !notes) throw new Error('The system of assets lacks an entity');
    expect(makeThing(notes, 1, 7, other).fields.asset_id).to.equal(makeThing(other, 1, 7).id);
  });
  it('is refused with the field for which no value can be made up', () => {
    const odd = defineRecord({
      ...{ name: 'odd', title: 'Odd', collection: 'Odds' },
      fields: { plate: Joi.string().pattern(/^[A-Z]{2}-\d{4}$/), text: Joi.string() },
    });
    expect(() => makeThing(odd, 1, 0)).to.throw(/Cannot make up values of odd for these fields: plate/);
  });
  it('has a body for the command of an entity of its own, too', () => {
    const task = defineEntity({
      ...{ name: 'task', collection: 'Tasks', state: { title: Joi.string() } },
      events: { TaskOpened: { creates: true, fields: { title: Joi.string() } } },
      evolve: { TaskOpened: (_, { data }) => ({ title: data.title }) },
      commands: {
        open: {
          creates: true,
          input: { title: Joi.string() },
          decide: (input) => ({ type: 'TaskOpened', data: input }),
        },
      },
    });
    expect(parseInput(task.creating, makeInput(task, task.creating, 1))).to.have.property('kind', 'input');
  });
});

const word = Joi.string().length(3);
const tally = defineEntity({
  ...{ name: 'tally', collection: 'Tallies', state: { word, metAt: Joi.number() } },
  events: { WordMet: { creates: true, fields: { word, metAt: Joi.number() } }, WordMetAgain: {} },
  evolve: { WordMet: (_, { data }) => data, WordMetAgain: (state) => state },
  commands: {
    meet: {
      creates: 'ifAbsent',
      id: (input) => input.word,
      input: { word, metAt: Joi.number().unit('ms since 1970') },
      decide: (data, state) => (state ? { type: 'WordMetAgain', data: {} } : { type: 'WordMet', data }),
    },
  },
});

describe('A seeded thing whose id follows from its input', () => {
  const make = (entity: Entity, count: number) =>
    Array.from({ length: count }, (_, index) => makeThing(entity, 1, index));

  it('has this id, so that things with the same input are one', () => {
    for (const { id, fields } of make(tally, 300)) expect(id).to.equal(fields.word);
  });

  it('has a time of 2026 where a number has the unit of times', () => {
    const times = make(tally, 300).map(({ fields }) => Number(fields.metAt));
    for (const time of times) expect(new Date(time).getUTCFullYear()).to.equal(2026);
    expect(new Set(times.map((time) => new Date(time).getUTCMonth()))).to.have.property('size', 12);
  });

  it('of the records has a name of its own, and a time of 2026', () => {
    const [record] = systems.records ?? [];
    const things = record ? make(record, 2_000) : [];
    expect(new Set(things.map(({ id }) => id)).size).to.equal(2_000);
    for (const { fields } of things) expect(new Date(Number(fields.timestamp)).getUTCFullYear()).to.equal(2026);
  });
});
