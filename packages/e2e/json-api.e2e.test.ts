import { entities } from '@muster/entities';
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
