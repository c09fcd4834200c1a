import { call, eventually, killForGood, openTestSystem, type TestSystem } from '@muster/testing';
import { expect } from 'chai';

const type = 'application/vnd.api+json';
const headers = { 'content-type': type };

const assetOf = (id: string, name = `Asset ${id}`) => ({ data: { type: 'assets', id, attributes: { name } } });
const noteOf = (id: string, asset: string) => ({
  data: {
    ...{ type: 'notes', id, attributes: { content: `Note ${id}` } },
    relationships: { asset: { data: { type: 'assets', id: asset } } },
  },
});

describe('Assets and notes', function () {
  this.timeout(180_000);

  let test: TestSystem;
  let turn = 0;
  before(async () => {
    test = await openTestSystem({ gateways: 2, environment: { ENTITIES: 'assets' } });
  });
  after(() => test[Symbol.asyncDispose]());

  /** Sends a request to the gateways in turn. */
  const ask = (method: string, path: string, body?: object) => {
    turn += 1;
    const url = test.urls[turn % test.urls.length] ?? '';
    return call(url, method, `/api/v1${path}`, { body, ...(body ? { headers } : {}) });
  };
  const statusOf = async (method: string, path: string, body?: object) => (await ask(method, path, body)).status;
  const idsOf = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id);

  // by the dates, not by the order of the requests: the gateways' clocks may differ by milliseconds
  const expectInOrder = ({ data }: { data: { attributes: { modified: string } }[] }) => {
    const dates = data.map(({ attributes }) => attributes.modified);
    expect(dates).to.deep.equal([...dates].sort());
  };

  it('are created, read, listed and deleted as documents', async () => {
    const created = await ask('POST', '/assets', assetOf('a1', 'First'));
    expect([created.status, created.headers.get('location'), created.headers.get('content-type')]).to.deep.equal([
      ...[201, '/api/v1/assets/a1', type],
    ]);
    const { attributes, links } = created.body.data;
    expect(attributes)
      .to.include({ name: 'First', deleted: false })
      .and.to.have.keys([...['name', 'deleted', 'created', 'modified']]);
    expect([links.self, attributes.created]).to.deep.equal(['/api/v1/assets/a1', attributes.modified]);
    expect((await ask('GET', '/assets/a1')).body).to.deep.equal(created.body);
    expect(await statusOf('POST', '/assets', assetOf('a1'))).to.equal(409);
    expect(await statusOf('GET', '/assets/never')).to.equal(404);
    expect(await statusOf('DELETE', '/assets/never')).to.equal(404);
    expect(await statusOf('POST', '/assets', assetOf('a2', 'x'.repeat(255)))).to.equal(201);
    expect(await statusOf('POST', '/assets', assetOf('a3', 'x'.repeat(256)))).to.equal(400);
    expect(await statusOf('DELETE', '/assets/a2')).to.equal(204);
    for (const [method, path, body] of [
      ...([
        ['GET', '/assets/a2'],
        ['DELETE', '/assets/a2'],
        ['POST', '/assets', assetOf('a2')],
      ] as const),
    ]) {
      const gone = await ask(method, path, body);
      expect([gone.status, gone.body.errors?.[0].code], method).to.deep.equal([410, 'deleted']);
    }
  });

  it('have notes with a relationship to their asset', async () => {
    expect(await statusOf('POST', '/assets', assetOf('b1'))).to.equal(201);
    const before = (await ask('GET', '/assets/b1')).body.data;
    const created = await ask('POST', '/notes', noteOf('n1', 'b1'));
    expect([created.status, created.body.data.relationships]).to.deep.equal([
      201,
      {
        asset: {
          data: { type: 'assets', id: 'b1' },
          links: { self: '/api/v1/notes/n1/relationships/asset', related: '/api/v1/notes/n1/asset' },
        },
      },
    ]);
    const related = await ask('GET', '/notes/n1/asset');
    expect([related.status, related.body.data.id, related.body.links.self]).to.deep.equal([
      ...[200, 'b1', '/api/v1/notes/n1/asset'],
    ]);
    expect(related.body.data.attributes, 'a note does not modify its asset').to.deep.equal(before.attributes);
    expect((await ask('GET', '/notes/n1/relationships/asset')).body.data).to.deep.equal({ type: 'assets', id: 'b1' });
    expect(await statusOf('POST', '/notes', noteOf('n1', 'b1'))).to.equal(409);
    const unknown = await ask('POST', '/notes', noteOf('n2', 'never'));
    expect([unknown.status, unknown.body.errors[0].source.pointer]).to.deep.equal([404, '/data/relationships/asset']);
    await ask('DELETE', '/assets/b1');
    expect(await statusOf('POST', '/notes', noteOf('n2', 'b1'))).to.equal(410);
    expect(await statusOf('GET', '/notes/n2')).to.equal(404);
    expect(await statusOf('GET', '/notes/n1')).to.equal(200);
    expect(await statusOf('GET', '/notes/n1/asset')).to.equal(410);
  });

  it('are listed by their date of modification, filtered by any field, 100 at most', async () => {
    const list = async (query: string) => {
      const reply = await ask('GET', query);
      expect(reply.status, reply.text).to.equal(200);
      return reply.body;
    };
    for (const id of ['c1', 'c2', 'c3']) await ask('POST', '/assets', assetOf(id, 'Some Name'));
    await ask('DELETE', '/assets/c1');
    const named = '/assets?filter[Name]=Some%20Name';
    const all = await list(named);
    expect(idsOf(all)).to.have.members(['c1', 'c2', 'c3']);
    expectInOrder(all);
    expect(idsOf(await list(`${named}&filter[Deleted]=true`))).to.deep.equal(['c1']);
    expect(idsOf(await list(`${named}&filter[Created][gt]=2017-01-01`))).to.have.length(3);
    expect(idsOf(await list(`${named}&filter[created][lte]=2017`))).to.deep.equal([]);
    expect(idsOf(await list('/assets?filter[ID]=c2'))).to.deep.equal(['c2']);
    const year = String(new Date().getUTCFullYear());
    expect(idsOf(await list(`${named}&filter[Modified][in]=2017-01,${year}`))).to.have.length(3);
    expect(idsOf(await list(`${named}&filter[Modified][ne]=${year}`))).to.deep.equal([]);
    const page = await list(`${named}&page[size]=2`);
    const next = await list(page.links.next.slice('/api/v1'.length));
    expect([...idsOf(page), ...idsOf(next)]).to.deep.equal(idsOf(all));
    expect(Object.keys(next.links)).to.deep.equal(['self', 'first', 'prev']);
    for (const query of ['limit=101', 'page[size]=101', 'filter[colour]=red', 'include=notes'])
      expect(await statusOf('GET', `/assets?${query}`), query).to.equal(400);
  });

  it('let a note win or lose against the deletion of its asset, never both', async () => {
    await ask('POST', '/assets', assetOf('d1'));
    const ids = Array.from({ length: 60 }, (_, at) => `race-${at}`);
    let created = 0;
    const notes = ids.map(async (id) => {
      const status = await statusOf('POST', '/notes', noteOf(id, 'd1'));
      if (status === 201) created += 1;
      return { id, status };
    });
    const deleted = eventually(
      () => Promise.resolve(created),
      (count) => count > 0,
    ).then(() => statusOf('DELETE', '/assets/d1'));
    const outcomes = await Promise.all(notes);
    expect(await deleted).to.equal(204);
    outcomes.push({ id: 'race-late', status: await statusOf('POST', '/notes', noteOf('race-late', 'd1')) });
    const history = (await ask('GET', '/assets/d1/history?page[size]=100')).body.data;
    expect(history[0].attributes.eventType).to.equal('AssetDeleted');
    const attached = new Set(
      history.map(({ attributes }: { attributes: { data?: { note?: string } } }) => attributes.data?.note),
    );
    for (const { id, status } of outcomes) {
      expect(status).to.be.oneOf([201, 410]);
      expect(attached.has(id), `${id} ${status}`).to.equal(status === 201);
      expect(await statusOf('GET', `/notes/${id}`)).to.equal(status === 201 ? 200 : 404);
    }
    expect(outcomes.at(-1)?.status).to.equal(410);
  });

  it('are served while all aggregators are killed', async () => {
    await ask('POST', '/assets', assetOf('e1', 'Kept'));
    await ask('POST', '/assets', assetOf('e2', 'Kept'));
    await ask('DELETE', '/assets/e2');
    await ask('POST', '/notes', noteOf('kept', 'e1'));
    const saved = async () => (await ask('GET', '/assets/e1')).status;
    expect(await saved()).to.equal(200);
    await killForGood(test, 'aggregator-0', 'aggregator-1', 'aggregator-2');
    expect(await statusOf('GET', '/assets/e1')).to.equal(200);
    expect(await statusOf('GET', '/assets/e2')).to.equal(410);
    expect((await ask('GET', '/notes/kept/asset')).body.data.id).to.equal('e1');
    expect(await statusOf('POST', '/assets', assetOf('e2'))).to.equal(410);
    expect(await statusOf('POST', '/assets', assetOf('e1'))).to.equal(409);
    expect(await statusOf('POST', '/notes', noteOf('kept', 'e1'))).to.equal(409);
    expect(await statusOf('POST', '/notes', noteOf('after', 'e2'))).to.equal(410);
    expect(await statusOf('POST', '/notes', noteOf('after', 'e1'))).to.equal(201);
    const listed = await eventually(
      () => ask('GET', `/assets?filter[Name]=Some%20Name&filter[Modified][in]=2017-01,${new Date().getUTCFullYear()}`),
      ({ status }) => status === 200,
    );
    expect(idsOf(listed.body)).to.have.members(['c1', 'c2', 'c3']);
    expectInOrder(listed.body);
    expect(listed.headers.get('muster-as-of')).to.be.a('string');
    expect(idsOf((await ask('GET', '/assets?page[size]=1')).body)).to.deep.equal(['a1']);
  });
});
