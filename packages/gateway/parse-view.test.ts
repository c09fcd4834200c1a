import { parse } from 'node:querystring';
import { countBy, defineRecord, type View } from '@muster/model';
import { expect } from 'chai';
import Joi from 'joi';
import { parseView } from './parse-view.ts';

const book = defineRecord({
  name: 'book',
  title: 'Book',
  collection: 'Books',
  fields: { title: Joi.string(), shelf: Joi.string(), pages: Joi.number(), price: Joi.number() },
  indexes: ['shelf', 'title'],
  views: { byShelf: countBy('shelf', { measures: ['pages', 'price'] }) },
});
const view = book.views.get('byShelf') as View;

const askedOf = (query: string) => {
  const parsed = parseView(book, view, parse(query));
  if (parsed.kind === 'faults') throw new Error(JSON.stringify(parsed.faults));
  return parsed.asked;
};
const faultsOf = (query: string) => {
  const parsed = parseView(book, view, parse(query));
  return parsed.kind === 'faults' ? parsed.faults.map(({ pointer, detail }) => `${pointer} ${detail}`) : [];
};

describe('The parameters of a view', () => {
  it('have an order: by key, by count, or by a figure of a measure, and then by key', () => {
    expect(askedOf('').sort).to.deep.equal([{ field: 'key', descending: false }]);
    expect(askedOf('sort=-key')).to.deep.include({
      order: { kind: 'key' },
      sort: [{ field: 'key', descending: true }],
    });
    expect(askedOf('sort=-price.average')).to.deep.include({
      order: { kind: 'figure', measure: 1, figure: 'average' },
      sort: [
        { field: 'price.average', descending: true },
        { field: 'key', descending: false },
      ],
    });
  });

  it('have filters of the field that the view counts by, and a page', () => {
    const { filters, page } = askedOf('filter[shelf][in]=a,b&page[size]=5');
    expect(filters).to.deep.equal([{ field: 'shelf', operator: 'in', keys: ['a', 'b'] }]);
    expect(page).to.deep.include({ kind: 'cursor', limit: 5 });
  });

  it('have all their faults named', () => {
    expect(faultsOf('sort=pages&filter[title]=a&total=true&limit=0')).to.have.length(4);
    expect(faultsOf('sort=pages')[0]).to.match(/^\/sort "pages" is no order .* key, count, pages.count, pages.sum/);
    expect(faultsOf('sort=key&sort=count')).to.have.length(1);
    expect(faultsOf('filter[title]=a')).to.deep.equal(['/filter[title] this view can be filtered by shelf only']);
    expect(faultsOf('fields=key')[0]).to.contain('known are offset, limit');
  });
});
