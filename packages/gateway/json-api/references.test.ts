import { defineRecord, optional } from '@muster/model';
import { expect } from 'chai';
import Joi from 'joi';
import { statusOf } from '../problem.ts';
import { documentOf } from './documents.ts';
import { wantedIn } from './negotiate.ts';
import { takeDocument } from './take-document.ts';

const shelf = defineRecord({
  ...{ name: 'shelf', title: 'Shelf', collection: 'Shelves', fields: { room: Joi.string() } },
  http: { type: 'shelves' },
});
const book = defineRecord({
  ...{ name: 'book', title: 'Book', collection: 'Books' },
  fields: { title: Joi.string(), shelf_id: optional(Joi.string()) },
  references: { shelf: { entity: 'shelf', field: 'shelf_id' } },
  http: { type: 'books', format: 'json-api' },
});
const entities = [shelf, book];

describe('References in JSON:API', () => {
  it('are relationships with links, and no attributes', () => {
    const linked = { self: '/api/book/b/relationships/shelf', related: '/api/book/b/shelf' };
    expect(documentOf(entities, book, { id: 'b', title: 'T', shelf_id: 's' }, undefined, {})).to.deep.equal({
      data: {
        ...{ type: 'books', id: 'b', attributes: { title: 'T' }, links: { self: '/api/book/b' } },
        relationships: { shelf: { data: { type: 'shelves', id: 's' }, links: linked } },
      },
    });
    expect(documentOf(entities, book, { id: 'b', title: 'T' }, undefined, {}).data).not.to.have.property(
      'relationships',
    );
    expect(documentOf(entities, shelf, null, undefined, { self: '/x' })).to.deep.equal({
      ...{ data: null, links: { self: '/x' } },
    });
  });

  const take = (more: object) => {
    const taken = takeDocument(entities, book, { data: { type: 'books', ...more } });
    return taken.kind === 'input'
      ? [taken.input, taken.relationships]
      : [statusOf(taken.problem), taken.problem.errors?.[0]?.pointer];
  };

  it('are taken as relationships or as attributes, not as both', () => {
    const relationships = { shelf: { data: { type: 'shelves', id: 's' } } };
    expect(take({ relationships })).to.deep.equal([{ shelf_id: 's' }, { shelf_id: 'shelf' }]);
    expect(take({ attributes: { shelf_id: 's' } })).to.deep.equal([{ shelf_id: 's' }, {}]);
    expect(take({ relationships: { shelf: { data: null } } })).to.deep.equal([
      { shelf_id: null },
      { shelf_id: 'shelf' },
    ]);
    expect(take({ attributes: { shelf_id: 's' }, relationships })).to.deep.equal([400, '/data/relationships/shelf']);
  });

  it('are refused if they do not fit', () => {
    const of = (shelf: unknown) => take({ relationships: { shelf } });
    expect(of({ data: { type: 'books', id: 's' } })).to.deep.equal([409, '/data/relationships/shelf/data/type']);
    for (const odd of [undefined, null, {}, { data: [] }, { data: 's' }])
      expect(of(odd)).to.deep.equal([400, '/data/relationships/shelf/data']);
    expect(take({ relationships: { author: { data: null } } })).to.deep.equal([400, '/data/relationships/author']);
    expect(take({ relationships: [] })).to.deep.equal([400, '/data/relationships']);
  });
});

describe('An entity whose format is JSON:API', () => {
  const type = 'application/vnd.api+json';
  const wanted = (accept: string) => wantedIn(accept, false, 'json-api');

  it('answers in it unless the client prefers JSON', () => {
    for (const accept of [
      '',
      '*/*',
      type,
      'text/html',
      'application/*',
      'application/json, */*',
      `${type}, application/json`,
    ])
      expect(wanted(accept), accept).to.equal('yes');
    for (const accept of ['application/json', 'application/json, text/plain', 'application/json, */*;q=0.1'])
      expect(wanted(accept), accept).to.equal('no');
    expect(wanted(`${type};q=0.5, application/json`)).to.equal('no');
    expect(wanted(`${type};ext="https://a.example"`)).to.equal('modified');
  });
});
