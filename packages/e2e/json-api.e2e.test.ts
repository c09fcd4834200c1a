import { entities, systems } from '@muster/entities';
import { call } from '@muster/testing';
import { expect } from 'chai';
import { type InProcess, runInProcess } from './run-in-process.ts';

const type = 'application/vnd.api+json';
const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };

for (const aggregators of [1, 0]) {
  describe(`JSON:API, with ${aggregators} aggregators,`, () => {
    let system: InProcess;
    before(async () => {
      system = await runInProcess(entities, { aggregators });
    });
    after(() => system[Symbol.asyncDispose]());
    const ask = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
      call(system.url, method, path, {
        body,
        headers: { accept: type, ...(body ? { 'content-type': type } : {}), ...headers },
      });

    it('creates, reads, changes and deletes', async () => {
      const created = await ask('POST', '/api/user', { data: { type: 'user', id: 'a', attributes: ada } });
      const resource = (attributes: object, version: number) => ({
        data: { type: 'user', id: 'a', attributes, links: { self: '/api/user/a' }, meta: { version } },
      });
      expect([created.status, created.body]).to.deep.equal([201, resource(ada, 1)]);
      expect(['content-type', 'location', 'vary'].map((name) => created.headers.get(name))).to.deep.equal([
        type,
        '/api/user/a',
        'Accept',
      ]);
      expect((await ask('GET', '/api/user/a')).body).to.deep.equal(resource(ada, 1));
      const patch = { data: { type: 'user', id: 'a', attributes: { group: 2 } } };
      expect((await ask('PATCH', '/api/user/a', patch)).body).to.deep.equal(resource({ ...ada, group: 2 }, 2));
      expect((await ask('GET', '/api/user/a', undefined, { 'if-none-match': '"2"' })).status).to.equal(304);
      expect((await ask('PATCH', '/api/user/b', patch)).status).to.equal(400);
      expect((await ask('DELETE', '/api/user/a')).status).to.equal(204);
      const gone = await ask('GET', '/api/user/a');
      expect([gone.status, gone.body.errors[0].code, gone.body.errors[0].meta.version]).to.deep.equal([
        410,
        'deleted',
        3,
      ]);
    });

    it('answers faults as errors, with pointers into the document', async () => {
      const invalid = await ask('POST', '/api/user', { data: { type: 'user', attributes: { ...ada, group: 'x' } } });
      expect([invalid.status, invalid.headers.get('content-type')]).to.deep.equal([400, type]);
      expect(
        invalid.body.errors.map(({ status, source }: { status: string; source: object }) => [status, source]),
      ).to.deep.equal([['400', { pointer: '/data/attributes/group' }]]);
      const other = await ask('POST', '/api/user', { data: { type: 'asset', attributes: ada } });
      expect([other.status, other.body.errors[0].source.pointer]).to.deep.equal([409, '/data/type']);
      expect((await ask('GET', '/nowhere')).body.errors[0].code).to.equal('no-such-route');
    });

    it('refuses extensions with 406 and 415', async () => {
      const extended = `${type};ext="https://jsonapi.org/ext/atomic"`;
      expect((await ask('GET', '/api/user/x', undefined, { accept: extended })).status).to.equal(406);
      const body = { data: { type: 'user', attributes: ada } };
      expect((await ask('POST', '/api/user', body, { 'content-type': extended })).status).to.equal(415);
    });

    it('is not used for other clients', async () => {
      const plain = await ask('GET', '/api/user/x', undefined, { accept: 'application/json' });
      expect(plain.headers.get('content-type')).to.equal('application/problem+json; charset=utf-8');
    });

    if (aggregators > 0)
      it('lists with links, and counts', async () => {
        for (const id of ['l1', 'l2', 'l3'])
          await ask('POST', '/api/user', { data: { type: 'user', id, attributes: ada } });
        const { body } = await ask('GET', '/api/user?offset=0&limit=2');
        expect(body.data.map(({ type }: { type: string }) => type)).to.deep.equal(['user', 'user']);
        expect(body.links.next).to.equal('/api/user?offset=2&limit=2');
        expect((await ask('GET', '/api/user/count')).body).to.deep.equal({ meta: { count: 3 } });
      });
  });
}

describe('JSON:API as the own format of entities', () => {
  let system: InProcess;
  before(async () => {
    system = await runInProcess(systems.assets ?? [], { aggregators: 1 });
    await send('POST', '/assets', { data: { type: 'assets', id: 'a1', attributes: { name: 'Pump' } } });
    await send('POST', '/notes', noteAbout('a1'));
  });
  after(() => system[Symbol.asyncDispose]());

  const send = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    call(system.url, method, `/api/v1${path}`, {
      ...(body ? { body } : {}),
      headers: { ...(body ? { 'content-type': type } : {}), ...headers },
    });
  const noteAbout = (asset: string) => ({
    data: {
      ...{ type: 'notes', id: 'n1', attributes: { content: 'Leaks' } },
      relationships: { asset: { data: { type: 'assets', id: asset } } },
    },
  });
  const sourcesOf = ({ status, body }: Awaited<ReturnType<typeof call>>) => [
    status,
    ...body.errors.map(({ source }: { source?: object }) => source),
  ];

  it('has errors that say where a fault is in a request without a body', async () => {
    for (const [path, ...sources] of [
      ['/assets?page[size]=2&limit=3', { parameter: 'limit' }],
      ['/assets?page[size]=2&offset=3', { parameter: 'offset' }],
      ['/assets?page[after]=a&page[before]=b', { parameter: 'page[before]' }],
      ['/assets?fields[assets]=foo', { parameter: 'fields[assets]' }],
      ['/assets?fields=foo', { parameter: 'fields' }],
      ['/assets?colour=red', { parameter: 'colour' }],
      ['/assets/a1?at=2020&version=1', { parameter: 'at' }, { parameter: 'at' }],
      ['/assets/a1?fields[assets]=foo', { parameter: 'fields[assets]' }],
      ['/assets/a%20b', undefined],
      ['/notes/a%20b/asset', undefined],
    ] as const)
      expect(sourcesOf(await send('GET', path)), path).to.deep.equal([400, ...sources]);
    expect(sourcesOf(await send('DELETE', '/assets/a%20b'))).to.deep.equal([400, undefined]);
  });

  it('has errors that name a header', async () => {
    const garbage = { 'if-match': 'garbage', 'muster-min-version': 'x' };
    const [match, least] = [{ header: 'If-Match' }, { header: 'Muster-Min-Version' }];
    expect(sourcesOf(await send('GET', '/assets/a1', undefined, garbage))).to.deep.equal([400, least, match]);
    expect(sourcesOf(await send('DELETE', '/assets/a1', undefined, garbage))).to.deep.equal([400, match]);
    const create = await send('POST', '/notes', noteAbout('a1'), { 'if-none-match': '*' });
    expect(sourcesOf(create)).to.deep.equal([400, { header: 'If-None-Match' }]);
    const plain = await send('GET', '/assets/a1', undefined, { ...garbage, accept: 'application/json' });
    expect(plain.body.errors[1]).to.have.all.keys('pointer', 'code', 'detail');
  });

  it('has errors that point only at what was sent', async () => {
    for (const [path, data, pointer] of [
      ['/assets', { type: 'assets', attributes: {} }, '/data/attributes'],
      ['/assets', { type: 'assets' }, '/data'],
      ['/assets', { attributes: { name: 'x' } }, '/data'],
      ['/assets', { type: 'assets', attributes: { name: '' } }, '/data/attributes/name'],
      ['/assets', { type: 'assets', id: '', attributes: { name: 'x' } }, '/data/id'],
      ['/notes', { type: 'notes', attributes: { content: 'x' } }, '/data'],
      ['/notes', { type: 'notes', attributes: { content: 'x' }, relationships: {} }, '/data/relationships'],
      ['/notes', { ...noteAbout('b').data, relationships: { asset: {} } }, '/data/relationships/asset'],
      ['/notes', { ...noteAbout('b').data, relationships: { asset: { data: {} } } }, '/data/relationships/asset/data'],
    ] as const) {
      const refused = await send('POST', path, { data });
      expect(sourcesOf(refused), JSON.stringify(data)).to.deep.equal([400, { pointer }]);
    }
    const plain = await send('POST', '/assets', {}, { 'content-type': 'application/json' });
    expect(sourcesOf(plain)).to.deep.equal([400, undefined]);
  });

  it('has errors that name an entity with its article', async () => {
    for (const [path, named] of [
      ['/assets', 'an asset'],
      ['/notes', 'a note'],
    ] as const) {
      const { body } = await send('POST', path, { data: { type: path.slice(1) } }, { 'if-match': '"1"' });
      expect(body.errors[0].detail).to.match(new RegExp(`^A create never changes ${named} that exists`));
    }
  });

  it('does not advise to update what has no update', async () => {
    const again = await send('POST', '/assets', { data: { type: 'assets', id: 'a1', attributes: { name: 'Pump' } } });
    expect([again.status, again.body.errors[0].detail]).to.deep.equal([
      ...[409, 'Cannot create asset "a1": it exists at version 2; choose another id'],
    ]);
  });

  it('shows only the fields that a client asks for, or none', async () => {
    const shown = async (path: string) => {
      const { status, body } = await send('GET', path);
      expect(status, JSON.stringify(body)).to.equal(200);
      const { attributes, relationships, id } = [body.data].flat()[0];
      return [id, Object.keys(attributes), ...(relationships ? [Object.keys(relationships)] : [])];
    };
    expect(await shown('/assets?fields[assets]=')).to.deep.equal(['a1', []]);
    expect(await shown('/assets/a1?fields[assets]=')).to.deep.equal(['a1', []]);
    expect(await shown('/assets/a1?fields[assets]=name,deleted')).to.deep.equal(['a1', ['name', 'deleted']]);
    expect(await shown('/assets/a1?fields[assets]=name&version=1')).to.deep.equal(['a1', ['name']]);
    expect(await shown('/notes/n1?fields[notes]=asset')).to.deep.equal(['n1', [], ['asset']]);
    expect(await shown('/notes/n1?fields[notes]=content')).to.deep.equal(['n1', ['content']]);
    expect(await shown('/notes/n1/asset?fields[assets]=name')).to.deep.equal(['a1', ['name']]);
    for (const path of ['/assets/a1?fields[notes]=content', '/notes/n1/asset?fields[notes]=content', '/assets/count'])
      expect((await send('GET', path.includes('?') ? path : `${path}?fields[assets]=name`)).status, path).to.equal(400);
    for (const accept of ['application/json', 'text/event-stream', 'text/event-stream, */*']) {
      const { status } = await send('GET', '/assets/a1?fields[assets]=name', undefined, { accept });
      expect(status, accept).to.equal(400);
    }
  });
});
