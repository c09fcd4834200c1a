import { defineRecord, optional } from '@muster/model';
import { call } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { type InProcess, runInProcess } from './run-in-process.ts';

const shelf = defineRecord({
  ...{ name: 'shelf', title: 'Shelf', collection: 'Shelves', fields: { room: Joi.string() } },
});
const book = defineRecord({
  ...{ name: 'book', title: 'Book', collection: 'Books' },
  fields: { title: Joi.string(), shelf_id: optional(Joi.string()), bought: optional(Joi.date()) },
  references: { shelf: { entity: 'shelf', field: 'shelf_id' } },
  indexes: ['shelf_id', 'bought'],
  http: { limit: 2 },
});

describe('References of records', () => {
  let system: InProcess;
  before(async () => {
    system = await runInProcess([shelf, book], { aggregators: 1 });
    await ask('POST', '/shelf', { id: 's1', room: 'hall' });
    await ask('POST', '/book', { id: 'b1', title: 'One', shelf_id: 's1', bought: '2017-03-31T23:59:59.999Z' });
    await ask('POST', '/book', { id: 'b2', title: 'Two', bought: '2017-04-01T00:00:00Z' });
    await ask('POST', '/book', { id: 'b3', title: 'Three', shelf_id: 'unknown' });
  });
  after(() => system[Symbol.asyncDispose]());
  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    call(system.url, method, `/api${path}`, { body, headers });
  const idsOf = async (query: string) => {
    const { body } = await ask('GET', `/book?${query}`);
    return body.map(({ id }: { id: string }) => id);
  };

  it('lead to the things in plain JSON, with their ETag', async () => {
    const related = await ask('GET', '/book/b1/shelf');
    expect([related.status, related.body, related.headers.get('etag')]).to.deep.equal([
      ...[200, { id: 's1', room: 'hall' }, '"1"'],
    ]);
    const known = await ask('GET', '/book/b1/shelf', undefined, { 'if-none-match': '"1"' });
    expect(known.status).to.equal(304);
    expect((await ask('GET', '/book/b1/relationships/shelf')).body).to.deep.equal({ type: 'shelf', id: 's1' });
    for (const path of ['/book/b2/shelf', '/book/b2/relationships/shelf']) {
      const none = await ask('GET', path);
      expect([none.status, none.body], path).to.deep.equal([200, null]);
    }
  });

  it('answer 404 for what does not exist, 405 and 400 as every address', async () => {
    expect((await ask('GET', '/book/b3/shelf')).body.title).to.equal('The shelf was not found');
    expect((await ask('GET', '/book/none/shelf')).body.title).to.equal('The book was not found');
    expect((await ask('GET', '/book/b1/shelves')).status).to.equal(404);
    expect((await ask('POST', '/book/b1/shelf', {})).status).to.equal(405);
    expect((await ask('GET', '/book/b1/shelf?include=x')).status).to.equal(400);
    expect((await ask('GET', '/book/b%20c/shelf')).status).to.equal(400);
  });

  it('are filtered by their names, and dates by periods', async () => {
    expect(await idsOf('filter[shelf]=s1')).to.deep.equal(['b1']);
    expect(await idsOf('filter[Bought]=2017-03')).to.deep.equal(['b1']);
    expect(await idsOf('filter[bought][gt]=2017-03-31')).to.deep.equal(['b2']);
    expect(await idsOf('filter[bought][in]=2016,2017-04')).to.deep.equal(['b2']);
    expect(await idsOf('filter[bought][ne]=2017-04')).to.deep.equal(['b1', 'b3']);
    expect(await idsOf('filter[bought][ne]=2017-04&sort=-bought')).to.deep.equal(['b1', 'b3']);
  });

  it('have pages of the size that the entity allows', async () => {
    expect(await idsOf('')).to.have.length(2);
    expect(await idsOf('sort=bought')).to.have.length(2);
    for (const query of ['limit=3', 'page[size]=3', 'sort=bought&limit=3', 'at=2026-01-01&page[size]=3'])
      expect((await ask('GET', `/book?${query}`)).status, query).to.equal(400);
  });

  it('are relationships for clients that ask for JSON:API', async () => {
    const { body } = await ask('GET', '/book/b1/shelf', undefined, { accept: 'application/vnd.api+json' });
    expect([body.data.type, body.data.id, body.links.self]).to.deep.equal(['shelf', 's1', '/api/book/b1/shelf']);
    const none = await ask('GET', '/book/b2/shelf', undefined, { accept: 'application/vnd.api+json' });
    expect(none.body).to.deep.equal({ data: null, links: { self: '/api/book/b2/shelf' } });
  });
});
