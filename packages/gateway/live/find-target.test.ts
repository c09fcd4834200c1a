import { countBy, defineRecord } from '@muster/model';
import { expect } from 'chai';
import Joi from 'joi';
import { findTarget } from './find-target.ts';

const fields = { title: Joi.string() };
const book = defineRecord({
  ...{ name: 'book', title: 'Book', collection: 'Books', fields },
  ...{ indexes: ['title'], views: { byTitle: countBy('title') } },
});
const bookend = defineRecord({ name: 'bookend', title: 'Bookend', collection: 'Bookends', fields });
const kindOf = (path: string) => {
  const target = findTarget([book, bookend], path);
  if (target?.kind === 'events') return ['events', target.scope.entities.map(({ name }) => name), target.scope.id];
  if (target?.kind === 'thing') return ['thing', target.entity.name, target.id];
  return target && [target.kind, target.entity.name];
};

describe('What an address shows live', () => {
  it('is a list, a thing, a view or events', () => {
    expect(kindOf('/api/events')).to.deep.equal(['events', ['book', 'bookend'], undefined]);
    expect(kindOf('/api/book/events')).to.deep.equal(['events', ['book'], undefined]);
    expect(kindOf('/api/book/a%20b/events')).to.deep.equal(['events', ['book'], 'a b']);
    expect(kindOf('/api/book')).to.deep.equal(['list', 'book']);
    expect(kindOf('/api/bookend')).to.deep.equal(['list', 'bookend']);
    expect(kindOf('/api/bookend/x')).to.deep.equal(['thing', 'bookend', 'x']);
    expect(kindOf('/api/book/views/byTitle')).to.deep.equal(['view', 'book']);
  });

  it('is nothing at any other address', () => {
    for (const path of [
      ...['/', '/api', '/api/books', '/api/book/count', '/api/book/a/history', '/api/book/views/none', '/api/film'],
      ...['/api/book/a/events/more', '/api/events/more', '/api/bookend/views/byTitle', '/api/book//events'],
    ])
      expect(kindOf(path), path).to.equal(undefined);
    expect(kindOf('/api/book/%E0%A4%A')).to.deep.equal(['thing', 'book', '%E0%A4%A']); // which is no id
  });
});
