import { parse } from 'node:querystring';
import { defineRecord, optional } from '@muster/model';
import { expect } from 'chai';
import Joi from 'joi';
import { parseList } from './parse-list.ts';
import { isPlainList } from './parse-page.ts';

const book = defineRecord({
  name: 'book',
  title: 'Book',
  collection: 'Books',
  fields: {
    title: Joi.string(),
    pages: Joi.number(),
    lent: Joi.boolean(),
    dueAt: optional(Joi.date()),
    notes: Joi.string(),
  },
  indexes: ['title', 'pages', 'lent', 'dueAt'],
});

const parsed = (query: string) => parseList(book, parse(query));
const listOf = (query: string) => {
  const result = parsed(query);
  if (result.kind === 'faults') throw new Error(JSON.stringify(result.faults));
  return result.list;
};
const faultsOf = (query: string) => {
  const result = parsed(query);
  return result.kind === 'faults' ? result.faults.map(({ pointer, detail }) => `${pointer} ${detail}`) : [];
};

describe('The parameters of a list', () => {
  it('are plain with offset and limit only', () => {
    expect(isPlainList(book, {})).to.equal(true);
    expect(isPlainList(book, { offset: '1', limit: 'x' })).to.equal(true);
    expect(isPlainList(book, { offset: '1', sort: 'title' })).to.equal(false);
    expect(isPlainList({ ...book, keep: 100 }, {})).to.equal(false);
  });

  it('count all things only without filters, if most are not in memory', () => {
    const kept = { ...book, keep: 100 };
    expect(parseList(kept, { total: 'true', 'page[size]': '5' })).to.have.property('kind', 'list');
    expect(parseList(kept, { total: 'true', 'filter[title]': 'a' })).to.have.nested.property(
      'faults[0].detail',
      'books with filters cannot be counted, as most are not in memory',
    );
  });

  it('have filters with keys of the type of their field', () => {
    expect(
      listOf('filter[title]=a&filter[pages][lt]=3.5&filter[lent][ne]=true&filter[dueAt][gte]=2026-01-31T00:00:00Z')
        .filters,
    ).to.deep.equal([
      { field: 'title', operator: 'eq', keys: ['a'] },
      { field: 'pages', operator: 'lt', keys: [3.5] },
      { field: 'lent', operator: 'ne', keys: [true] },
      { field: 'dueAt', operator: 'gte', keys: [new Date('2026-01-31T00:00:00Z')] },
    ]);
    expect(
      listOf('filter[pages][in]=1,2&filter[dueAt][exists]=false&filter[version]=7&filter[id][startsWith]=a').filters,
    ).to.deep.equal([
      { field: 'pages', operator: 'in', keys: [1, 2] },
      { field: 'dueAt', operator: 'exists', keys: [false] },
      { field: 'version', operator: 'eq', keys: [7] },
      { field: 'id', operator: 'startsWith', keys: ['a'] },
    ]);
    expect(listOf('filter[title][in]=a,b&filter[title][in]=c').filters[0]?.keys).to.deep.equal(['a,b', 'c']);
  });

  it('have periods in place of partial dates', () => {
    const filtersOf = (operator: string, value: string) =>
      listOf(`filter[dueAt][${operator}]=${value}`).filters.map(({ operator: used, keys }) => [used, ...keys]);
    const [january, february, march] = [1, 2, 3].map((month) => new Date(`2026-0${month}-01T00:00:00Z`));
    expect(filtersOf('eq', '2026-01')).to.deep.equal([
      ['gte', january],
      ['lt', february],
    ]);
    expect(filtersOf('ne', '2026-01')).to.deep.equal([['outside', january, february]]);
    expect(filtersOf('gt', '2026-01')).to.deep.equal([['gte', february]]);
    expect(filtersOf('gte', '2026-01')).to.deep.equal([['gte', january]]);
    expect(filtersOf('lt', '2026-01')).to.deep.equal([['lt', january]]);
    expect(filtersOf('lte', '2026-01')).to.deep.equal([['lt', february]]);
    expect(filtersOf('in', '2026-02,2026-01')).to.deep.equal([
      ['gte', january],
      ['lt', march],
      ['within', february, march, january, february],
    ]);
    for (const operator of ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in'])
      expect(filtersOf(operator, '2026-01-01T00:00:00Z')).to.deep.equal([[operator, january]]);
    for (const value of ['2026-13', '2026-1', '2026-02-30', '2026-01-01T25', '26', ''])
      expect(faultsOf(`filter[dueAt]=${value}`), value).to.have.length(1);
  });

  it('understand names of fields with a capital first letter, and in capitals', () => {
    expect(listOf('filter[Title]=a&filter[DueAt][gt]=2026&filter[ID]=b&sort=-Pages')).to.deep.include({
      filters: [
        { field: 'title', operator: 'eq', keys: ['a'] },
        { field: 'dueAt', operator: 'gte', keys: [new Date('2027-01-01T00:00:00Z')] },
        { field: 'id', operator: 'eq', keys: ['b'] },
      ],
      sort: [
        { field: 'pages', descending: true },
        { field: 'id', descending: false },
      ],
    });
    expect(faultsOf('filter[TITLe]=a')).to.have.length(0);
    expect(faultsOf('filter[dueat]=2026')).to.have.length(1);
  });

  it('have a sort that ends with the id, and no field behind it', () => {
    expect(listOf('total=true').sort).to.deep.equal([{ field: 'id', descending: false }]);
    expect(listOf('sort=-updatedAt,title').sort).to.deep.equal([
      { field: 'updatedAt', descending: true },
      { field: 'title', descending: false },
      { field: 'id', descending: false },
    ]);
    expect(listOf('sort=title,-id,pages').sort).to.deep.equal([
      { field: 'title', descending: false },
      { field: 'id', descending: true },
    ]);
  });

  it('ask for a page by offset or by cursor', () => {
    expect(listOf('sort=title').page).to.deep.equal({ kind: 'offset', offset: 0, limit: 100 });
    expect(listOf('page[size]=7&page[after]=c').page).to.deep.equal({
      ...{ kind: 'cursor', limit: 7, after: 'c', before: undefined },
    });
    expect(listOf('fields[book]=title').fields).to.deep.equal(['title']); // as JSON:API has it
    expect(listOf('fields[book]=').fields).to.deep.equal([]); // no fields, as JSON:API has it
    expect(faultsOf('fields=')).to.have.length(1);
    expect(faultsOf('fields[book]=title&fields=pages')[0]).to.match(/given more than once/);
    expect(faultsOf('fields[shelf]=title')).to.have.length(1);
    expect(listOf('fields=title,pages&total=true')).to.deep.include({ fields: ['title', 'pages'], total: true });
  });

  it('are refused with what exists', () => {
    const names = 'title, pages, lent, dueAt, id, createdAt, updatedAt, version';
    expect(faultsOf('filter[notes]=a')).to.deep.equal([
      `/filter[notes] "notes" is no index: lists of book can be filtered by ${names}`,
    ]);
    expect(faultsOf('sort=notes')).to.deep.equal([
      `/sort "notes" is no index: lists of book can be sorted by ${names}`,
    ]);
    expect(faultsOf('filter[pages][like]=1')[0]).to.match(/"like" is no operator; the operators are eq, ne, lt/);
    expect(faultsOf('fields=title,isbn')[0]).to.match(/"isbn" is no field of book: it has id, title, pages/);
    expect(faultsOf('where=1')[0]).to.match(/"where" is not known; known are offset, limit, page/);
  });

  it('are refused if a value is of another type', () => {
    for (const query of [
      ...['filter[pages]=x', 'filter[pages]=', 'filter[pages][in]=1,', 'filter[lent]=1', 'filter[dueAt]=x'],
      ...['filter[pages][contains]=1', 'filter[title][contains]=', 'filter[title][exists]=x', 'total=1', 'total='],
      ...[
        'page[size]=0',
        'page[size]=1001',
        'limit=0&sort=title',
        'offset=10001&sort=title',
        'sort=',
        'sort=-',
        'fields=',
      ],
    ])
      expect(faultsOf(query), query).to.have.length(1);
  });

  it('are refused if they are given twice, or do not go together', () => {
    for (const query of [
      ...['filter[title]=a&filter[title]=b', 'sort=title&sort=pages', 'sort=title,title', 'total=true&total=true'],
      ...[
        'page[after]=a&page[before]=b',
        'page[size]=1&offset=0',
        'page[after]=a&page[after]=b',
        'fields=id&fields=id',
      ],
    ])
      expect(faultsOf(query), query).to.have.length(1);
  });

  it('never reach a prototype or an operator of the database', () => {
    for (const query of [
      ...[
        'filter[__proto__]=a',
        'filter[$where]=a',
        'filter[title][$ne]=a',
        'filter[title][__proto__]=a',
        'sort=__proto__',
      ],
      ...[
        'filter=a',
        'filter[]=a',
        'filter[title][]=a',
        'filter[title][eq][x]=a',
        'filter[constructor]=a',
        'fields=__proto__',
      ],
      ...['__proto__=a', '$where=1', 'page=1', 'page[__proto__]=1', 'filter[a.b]=1', 'sort=$natural', 'filter[_id]=a'],
    ])
      expect(faultsOf(query), query).to.have.length(1);
  });

  it('are bounded', () => {
    const many = (count: number, text: (n: number) => string) => Array.from({ length: count }, (_, n) => text(n));
    expect(faultsOf(`filter[pages][in]=${many(101, String).join(',')}`)).to.have.length(1);
    expect(faultsOf(`filter[title]=${'x'.repeat(1_001)}`)).to.have.length(1);
    const names = ['title', 'pages', 'id'].flatMap((field) =>
      ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in'].map((operator) => `${field}][${operator}`),
    );
    expect(faultsOf(names.map((name) => `filter[${name}]=1`).join('&'))).to.have.length(1);
  });
});
