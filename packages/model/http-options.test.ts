import { expect } from 'chai';
import Joi from 'joi';
import { defineEntity } from './define-entity.ts';
import { defineRecord } from './define-record.ts';

const book = { name: 'book', title: 'Book', collection: 'Books', fields: { title: Joi.string() }, indexes: ['title'] };
const define = (http: unknown) => defineRecord({ ...book, http } as never);

describe('The HTTP options of an entity', () => {
  it('have defaults', () => {
    expect(define(undefined)).to.deep.include({
      ...{
        path: '/api/book',
        http: { format: 'json', type: 'book', sort: undefined, limit: undefined, body: undefined, accepted: false },
      },
    });
  });

  it('choose the format, the type, the order and the limit', () => {
    const http = {
      path: '/api/v1/books',
      format: 'json-api',
      type: 'books',
      sort: '-title',
      limit: 50,
    };
    expect(define(http)).to.deep.include({
      path: '/api/v1/books',
      http: {
        format: 'json-api',
        type: 'books',
        sort: { field: 'title', descending: true },
        limit: 50,
        body: undefined,
        accepted: false,
      },
    });
    expect(define({ sort: 'updatedAt' }).http.sort).to.deep.equal({ field: 'updatedAt', descending: false });
  });

  it('are refused with how to mend them', () => {
    for (const [http, why] of [
      [{ format: 'xml' }, 'its format must be one of json, json-api'],
      [{ type: 'My books' }, 'its type stands in documents'],
      [{ sort: 'pages' }, 'its sort "pages" must be one of its indexes, or id, createdAt, updatedAt, version'],
      [{ sort: 7 }, 'its sort 7 must be'],
      [{ limit: 0 }, 'its limit must be an integer from 1 to 1000'],
      [{ limit: 1_001 }, 'its limit must be an integer'],
      [{ body: 'other' }, 'its body "other" must be the only field of the input of its creating command'],
      [{ accepted: false }, 'its accepted must be true, or left out'],
      [{ limits: 7 }, 'its http has "limits", which nothing reads'],
    ] as const)
      expect(() => define(http), JSON.stringify(http)).to.throw(why);
  });
});

describe('The commands of an entity', () => {
  const jar = (command: object, more: object = {}) =>
    defineEntity({
      ...{ name: 'jar', collection: 'Jars', state: { cents: Joi.number(), bank: Joi.string() } },
      events: { Opened: { creates: true, fields: {} }, Broken: { fields: {} } },
      evolve: { Opened: () => ({ cents: 0, bank: 'b' }), Broken: (state: object) => state },
      commands: {
        open: { creates: true, decide: () => ({ type: 'Opened', data: {} }) },
        break: { decide: () => ({ type: 'Broken', data: {} }), ...command },
      },
      references: { bank2: { entity: 'bank', field: 'bank' } },
      ...more,
    } as never);

  it('may run on DELETE, be internal, or let another one go first', () => {
    expect(jar({ method: 'DELETE' }).deleting?.name).to.equal('break');
    expect(jar({}).deleting).to.equal(undefined);
    expect(jar({ internal: true }).commands.get('break')?.isInternal).to.equal(true);
    const first = { reference: 'bank2', command: 'note' };
    const found = jar({ first, input: { bank: Joi.string() } }).commands.get('break')?.first;
    expect(found).to.deep.include({ command: 'note', reference: { name: 'bank2', entity: 'bank', field: 'bank' } });
    expect(found?.input({}, 'id')).to.deep.equal({});
  });

  it('are refused with how to mend them', () => {
    const input = { bank: Joi.string() };
    for (const [command, why] of [
      [{ method: 'GET' }, 'has a method that is not DELETE'],
      [{ method: 'DELETE', input }, 'runs on DELETE, which has no body'],
      [{ method: 'DELETE', internal: true }, 'runs on DELETE, which has no body'],
      [{ internal: false }, 'has an "internal" that is not true'],
      [{ first: 'note' }, 'must be an object with reference and command'],
      [{ first: { reference: 'bank', command: 'note' }, input }, 'needs the name of one of its references'],
      [{ first: { reference: 'bank2', command: 'note' } }, 'needs the field "bank" in the input of the command'],
      [{ first: { reference: 'bank2' }, input }, 'needs a command: the name of one of the other entity'],
      [{ first: { reference: 'bank2', command: 'note', input: {} }, input }, 'must be a function'],
      [{ first: { reference: 'bank2', command: 'note', id: 7 }, input }, 'has "id", which nothing reads'],
    ] as const)
      expect(() => jar(command), JSON.stringify(command)).to.throw(why);
    const remove = { method: 'DELETE', decide: () => ({ type: 'Broken', data: {} }) };
    const open = { creates: true, decide: () => ({ type: 'Opened', data: {} }) };
    expect(() => jar({}, { commands: { open, break: remove, crush: remove } })).to.throw('only one can');
  });
});
