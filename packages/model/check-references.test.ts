import { expect } from 'chai';
import Joi from 'joi';
import { checkReferences } from './check-references.ts';
import { defineEntity } from './define-entity.ts';
import { defineRecord } from './define-record.ts';

const box = defineEntity({
  ...{ name: 'box', collection: 'Boxes', state: { items: Joi.number() } },
  events: { BoxOpened: { creates: true, fields: {} }, ItemNoted: { fields: {} } },
  evolve: { BoxOpened: () => ({ items: 0 }), ItemNoted: ({ items }) => ({ items: items + 1 }) },
  commands: {
    open: { creates: true, decide: () => ({ type: 'BoxOpened', data: {} }) },
    note: { internal: true, decide: () => ({ type: 'ItemNoted', data: {} }) },
  },
});

const item = (first: { reference: 'box'; command: string }) =>
  defineEntity({
    ...{ name: 'item', collection: 'Items', state: { box_id: Joi.string() } },
    events: { ItemMade: { creates: true, fields: { box_id: Joi.string() } } },
    evolve: { ItemMade: (_, { data }) => data },
    commands: {
      make: { creates: true, first, input: { box_id: Joi.string() }, decide: (data) => ({ type: 'ItemMade', data }) },
    },
    references: { box: { entity: 'box', field: 'box_id' } },
  });

const first = { reference: 'box', command: 'note' } as const;

describe('The references of entities', () => {
  it('are to entities that run together', () => {
    expect(() => checkReferences([box, item(first)])).not.to.throw();
    expect(() => checkReferences([item(first)])).to.throw('Cannot start: item names "box" (its reference box)');
  });

  it('let a command go first that exists, changes a thing, and has none that goes first itself', () => {
    for (const [command, why] of [
      ['shut', 'shut of box, which goes first for make of item, is no command'],
      ['open', 'creates a thing'],
    ] as const)
      expect(() => checkReferences([box, item({ reference: 'box', command })]), command).to.throw(why);
  });

  const record = (references: unknown) => () =>
    defineRecord({
      ...{ name: 'item', title: 'Item', collection: 'Items', fields: { box_id: Joi.string(), size: Joi.number() } },
      references: references as { box: { entity: string; field: 'box_id' } },
    });

  it('are checked where they are defined', () => {
    expect(record({ box: { entity: 'box', field: 'box_id' } })).not.to.throw();
    for (const [references, why] of [
      [7, 'its references must be an object'],
      [{ box: 'box' }, 'the reference "box" must be an object with entity and field'],
      [{ box: { entity: 'box', field: 'size' } }, 'needs a field that is a text'],
      [{ box: { entity: 'box', field: 'none' } }, 'needs a field that is a text'],
      [{ box: { field: 'box_id' } }, 'needs an entity'],
      [{ Box: { entity: 'box', field: 'box_id' } }, 'stands in addresses'],
      [{ history: { entity: 'box', field: 'box_id' } }, 'has the name of a field, of a view or of the engine'],
      [{ size: { entity: 'box', field: 'box_id' } }, 'has the name of a field, of a view or of the engine'],
      [{ box: { entity: 'box', field: 'box_id', many: true } }, 'has "many", which nothing reads'],
    ] as const)
      expect(record(references), JSON.stringify(references)).to.throw(why);
  });
});
