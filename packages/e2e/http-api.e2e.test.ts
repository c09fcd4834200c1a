import { entities } from '@muster/entities';
import { call, openShell, type Reply } from '@muster/testing';
import { expect } from 'chai';
import { type InProcess, runInProcess } from './run-in-process.ts';

const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };

// The same must hold from memory and, with every aggregator down, from the records and the tail of the log. Only COUNT
// and LIST differ: with every aggregator down they come from the snapshot.
const ways = [
  { way: 'from memory', aggregators: 3, source: /^aggregator-[0-2]$/ },
  { way: 'with every aggregator down', aggregators: 0, source: /^database$/ },
];

for (const { way, aggregators, source } of ways) {
  describe(`The HTTP API, ${way},`, () => {
    let system: InProcess;
    const ask = (method: string, path: string, options?: Parameters<typeof call>[3]) =>
      call(system.url, method, path, options);
    before(async () => {
      system = await runInProcess(entities, { aggregators });
    });
    after(() => system[Symbol.asyncDispose]());

    const eventsOf = async (filter: object) => {
      await using shell = openShell(system);
      return await shell.events.find(filter).sort({ entityId: 1, version: 1 }).toArray();
    };

    it('creates a user and reads the same user back', async () => {
      const created = await ask('POST', '/api/user/', { body: { id: '13AE742', ...ada } });
      expect(created.status).to.equal(201);
      expect(created.body).to.deep.equal({ id: '13AE742', ...ada });
      expect(created.headers.get('location')).to.equal('/api/user/13AE742');
      expect(created.headers.get('etag')).to.equal('"1"');
      const read = await ask('GET', '/api/user/13AE742');
      expect([read.status, read.body, read.headers.get('etag')]).to.deep.equal([200, { id: '13AE742', ...ada }, '"1"']);
      expect(read.headers.get('muster-source')).to.match(source);
      expect(read.headers.get('muster-lag-ms')).to.match(/^\d+$/);
    });

    it('accepts an id that differs from a route only in upper and lower case', async () => {
      expect((await ask('POST', '/api/user', { body: { id: 'Count', ...ada } })).status).to.equal(201);
      expect((await ask('GET', '/api/user/Count')).body).to.deep.equal({ id: 'Count', ...ada });
    });

    it('assigns a UUIDv7 to a user without an id', async () => {
      const { status, body, headers } = await ask('POST', '/api/user', { body: ada });
      expect(status).to.equal(201);
      expect(body.id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(headers.get('location')).to.equal(`/api/user/${body.id}`);
    });

    it('updates some fields, by the id in the path or in the body, and stores only the changes', async () => {
      await ask('POST', '/api/user', { body: { id: 'upd', ...ada } });
      const first = await ask('PUT', '/api/user/upd', { body: { group: 2, name: ada.name } });
      expect([first.status, first.body, first.headers.get('etag')]).to.deep.equal([
        200,
        { id: 'upd', ...ada, group: 2 },
        '"2"',
      ]);
      const second = await ask('PUT', '/api/user', { body: { id: 'upd', email: 'countess@example.com' } });
      expect([second.status, second.body.email, second.headers.get('etag')]).to.deep.equal([
        200,
        'countess@example.com',
        '"3"',
      ]);
      const events = await eventsOf({ entityId: 'upd' });
      expect(events.map(({ version, type, data }) => [version, type, data])).to.deep.equal([
        [1, 'UserCreated', ada],
        [2, 'UserUpdated', { group: 2 }],
        [3, 'UserUpdated', { email: 'countess@example.com' }],
      ]);
      expect(events[1]?.meta.requestId).to.equal(first.headers.get('x-request-id'));
    });

    it('appends nothing for an update that changes nothing', async () => {
      await ask('POST', '/api/user', { body: { id: 'same', ...ada } });
      const again = await ask('PUT', '/api/user/same', { body: ada });
      expect([again.status, again.body, again.headers.get('etag')]).to.deep.equal([200, { id: 'same', ...ada }, '"1"']);
      expect(await eventsOf({ entityId: 'same' })).to.have.length(1);
    });

    it('answers 410 after a delete, with its time and version, and never creates that id again', async () => {
      await ask('POST', '/api/user', { body: { id: 'gone', ...ada } });
      const deleted = await ask('DELETE', '/api/user/gone');
      expect([deleted.status, deleted.text, deleted.headers.get('etag')]).to.deep.equal([204, '', '"2"']);
      expect(deleted.headers.get('muster-source')).to.be.a('string');
      const replies = [
        await ask('GET', '/api/user/gone'),
        await ask('PUT', '/api/user/gone', { body: { group: 3 } }),
        await ask('DELETE', '/api/user/gone'),
      ];
      for (const { status, body, headers } of replies) {
        expect([status, body.version, headers.get('etag')]).to.deep.equal([410, 2, '"2"']);
        expect(new Date(body.deletedAt).getTime()).to.be.closeTo(Date.now(), 60_000);
        expect(headers.get('muster-lag-ms')).to.match(/^\d+$/);
      }
      expect((await ask('POST', '/api/user', { body: { id: 'gone', ...ada } })).status).to.equal(409);
      expect(await eventsOf({ entityId: 'gone' })).to.have.length(2);
    });

    it('answers 404 for an unknown id and 409 for an id that exists', async () => {
      for (const [method, body] of [
        ['GET', undefined],
        ['PUT', { group: 1 }],
        ['DELETE', undefined],
      ] as const) {
        expect((await ask(method, '/api/user/never', { body })).status, method).to.equal(404);
      }
      await ask('POST', '/api/user', { body: { id: 'twice', ...ada } });
      const again = await ask('POST', '/api/user', { body: { id: 'twice', ...ada } });
      expect([again.status, again.body.version, again.headers.get('content-type')]).to.deep.equal([
        409,
        1,
        'application/problem+json; charset=utf-8',
      ]);
      expect(await eventsOf({ entityId: 'never' })).to.have.length(0);
    });

    const itFromMemory = aggregators > 0 ? it : undefined;
    itFromMemory?.('counts and lists the latest writes, each user once, in a stable order, with links', async () => {
      const ids = Array.from({ length: 57 }, (_, index) => `list-${index}`);
      const before = (await ask('GET', '/api/user/count')).body.count;
      await Promise.all(ids.map((id) => ask('POST', '/api/user', { body: { id, ...ada } })));
      expect((await ask('GET', '/api/user/count')).body).to.deep.equal({ count: before + ids.length });
      await ask('DELETE', '/api/user/list-3');
      expect((await ask('GET', '/api/user/count')).body).to.deep.equal({ count: before + ids.length - 1 });
      const walked = await walk('/api/user?limit=7');
      expect(walked.filter(({ id }) => id.startsWith('list-')).map(({ id }) => id)).to.have.members(
        ids.filter((id) => id !== 'list-3'),
      );
      expect(new Set(walked.map(({ id }) => id)).size).to.equal(walked.length);
      expect(await walk('/api/user?limit=1000')).to.deep.equal(walked);
      const middle = await ask('GET', '/api/user?offset=10&limit=5');
      expect(middle.body).to.deep.equal(walked.slice(10, 15));
      expect(middle.headers.get('link')).to.equal(
        '</api/user?offset=15&limit=5>; rel="next", </api/user?offset=5&limit=5>; rel="prev"',
      );
      expect((await ask('GET', '/api/user?offset=100000')).body).to.deep.equal([]);
    });

    const walk = async (from: string): Promise<{ id: string }[]> => {
      const seen: { id: string }[] = [];
      for (let next: string | undefined = from; next; ) {
        const page: Reply = await ask('GET', next);
        seen.push(...page.body);
        next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
      }
      return seen;
    };

    const itWithoutAny = aggregators === 0 ? it : undefined;
    itWithoutAny?.('answers COUNT and LIST with what to do when no snapshot was ever saved', async () => {
      for (const path of ['/api/user/count', '/api/user']) {
        const reply = await ask('GET', path);
        expect([reply.status, reply.headers.get('retry-after')]).to.deep.equal([503, '1']);
        expect(reply.body.detail).to.match(
          /^Cannot (count|list) users: partition \d+ has events but no saved state; start an aggregator/,
        );
      }
    });

    it('decides two concurrent writes one after the other, the second on the result of the first', async () => {
      await ask('POST', '/api/user', { body: { id: 'pair', ...ada } });
      const [one, two] = await Promise.all([
        ask('PUT', '/api/user/pair', { body: { group: 8 } }),
        ask('PUT', '/api/user/pair', { body: { name: 'Countess' } }),
      ]);
      expect([one.status, two.status]).to.deep.equal([200, 200]);
      expect([one.headers.get('etag'), two.headers.get('etag')]).to.have.members(['"2"', '"3"']);
      expect((await ask('GET', '/api/user/pair')).body).to.deep.equal({
        id: 'pair',
        ...ada,
        group: 8,
        name: 'Countess',
      });
    });

    it('answers 256 concurrent writers of one user, and keeps its versions dense', async () => {
      await ask('POST', '/api/user', { body: { id: 'hot', ...ada } });
      const replies = await Promise.all(
        Array.from({ length: 256 }, (_, index) => ask('PUT', '/api/user/hot', { body: { group: 1_000 + index } })),
      );
      expect(replies.filter(({ status }) => status !== 200).map(({ text }) => text)).to.deep.equal([]);
      const versions = (await eventsOf({ entityId: 'hot' })).map(({ version }) => version);
      expect(versions).to.deep.equal(Array.from({ length: 257 }, (_, index) => index + 1));
    });

    it('honours Muster-Min-Version, If-Match and If-None-Match', async () => {
      await ask('POST', '/api/user', { body: { id: 'cond', ...ada } });
      await ask('PUT', '/api/user/cond', { body: { group: 2 } });
      expect((await ask('GET', '/api/user/cond', { headers: { 'muster-min-version': '2' } })).status).to.equal(200);
      expect((await ask('GET', '/api/user/cond', { headers: { 'muster-min-version': '3' } })).status).to.equal(412);
      expect(
        (await ask('GET', '/api/user/cond', { headers: { 'if-none-match': '"2"', 'cache-control': 'max-age=0' } }))
          .status,
      ).to.equal(304);
      expect(
        (await ask('PUT', '/api/user/cond', { body: { group: 3 }, headers: { 'if-match': '"1"' } })).status,
      ).to.equal(412);
      expect(
        (await ask('PUT', '/api/user/cond', { body: { group: 3 }, headers: { 'if-match': '"2"' } })).status,
      ).to.equal(200);
      expect((await ask('DELETE', '/api/user/cond', { headers: { 'if-match': '"2"' } })).status).to.equal(412);
      expect((await ask('DELETE', '/api/user/cond', { headers: { 'if-match': '"3"' } })).status).to.equal(204);
    });

    it('evaluates lists of ETags, weak ones and * on every method', async () => {
      await ask('POST', '/api/user', { body: { id: 'tags', ...ada } });
      const get = (headers: Record<string, string>) => ask('GET', '/api/user/tags', { headers });
      const put = (headers: Record<string, string>, group: number) =>
        ask('PUT', '/api/user/tags', { body: { group }, headers });
      // Node's fetch adds Cache-Control: no-cache to the first one
      for (const tags of ['"1"', 'W/"1"', '"7", "1"', '*'])
        for (const other of [{}, { 'x-other': '1' }] as Record<string, string>[]) {
          const fresh = await get({ 'if-none-match': tags, ...other });
          expect([fresh.status, fresh.text, fresh.headers.get('etag')], tags).to.deep.equal([304, '', '"1"']);
        }
      expect((await get({ 'if-none-match': '"7"' })).status).to.equal(200);
      expect((await get({ 'if-match': '"7"' })).status).to.equal(412);
      expect((await get({ 'if-match': '"7", "1"', 'if-none-match': '"1"' })).status).to.equal(304);
      for (const [name, tags] of [
        ['if-match', '"7"'],
        ['if-match', 'W/"1"'],
        ['if-none-match', '"1"'],
      ] as const) {
        const refused = await put({ [name]: tags }, 2);
        expect([refused.status, refused.body.version], tags).to.deep.equal([412, 1]);
      }
      expect((await put({ 'if-match': '"7", "1"' }, 2)).headers.get('etag')).to.equal('"2"');
      expect((await put({ 'if-match': '*' }, 3)).headers.get('etag')).to.equal('"3"');
      expect((await put({ 'if-none-match': '"1", W/"2"' }, 4)).headers.get('etag')).to.equal('"4"');
      expect((await ask('DELETE', '/api/user/tags', { headers: { 'if-none-match': '*' } })).status).to.equal(412);
      expect(
        (await ask('PUT', '/api/user/no-tags', { body: { group: 1 }, headers: { 'if-match': '*' } })).status,
      ).to.equal(404);
      expect(await eventsOf({ entityId: 'tags' })).to.have.length(4);
    });

    it('creates with PUT and If-None-Match: *, and changes nothing that is there', async () => {
      const headers = { 'if-none-match': '*' };
      const create = (body: object, more = {}) =>
        ask('PUT', '/api/user/only', { body, headers: { ...headers, ...more } });
      expect((await create({ group: 1 })).status).to.equal(400);
      expect((await create(ada, { 'if-match': '"1"' })).status).to.equal(412);
      const created = await create(ada);
      expect([created.status, created.body]).to.deep.equal([201, { id: 'only', ...ada }]);
      expect(['location', 'etag'].map((name) => created.headers.get(name))).to.deep.equal(['/api/user/only', '"1"']);
      const again = await create({ ...ada, group: 2 });
      expect([again.status, again.body.version]).to.deep.equal([412, 1]);
      expect((await create({ group: 2 })).status).to.equal(412); // too little to create, and it is there
      expect((await create({ group: 'x' })).status).to.equal(400);
      await ask('DELETE', '/api/user/only');
      expect((await create(ada)).status).to.equal(410);
      expect((await create({ group: 2 })).status).to.equal(410);
      expect(await eventsOf({ entityId: 'only' })).to.have.length(2);
      const byBody = await ask('PUT', '/api/user', { body: { id: 'only-2', ...ada }, headers });
      expect(byBody.status).to.equal(201);
      const racing = await Promise.all(
        [1, 2, 3, 4].map((group) => ask('PUT', '/api/user/only-3', { body: { ...ada, group }, headers })),
      );
      expect(racing.map(({ status }) => status).sort()).to.deep.equal([201, 412, 412, 412]);
    });

    it('refuses conditions on POST of a list, which would do nothing', async () => {
      for (const name of ['if-match', 'if-none-match']) {
        const refused = await ask('POST', '/api/user', { body: { id: 'posted', ...ada }, headers: { [name]: '*' } });
        expect([refused.status, refused.body.detail]).to.satisfy(
          ([status, detail]: [number, string]) => status === 400 && detail.includes('PUT /api/user/{id}'),
        );
      }
      expect((await ask('GET', '/api/user/posted')).status).to.equal(404);
    });

    it('takes a merge patch, and no other format', async () => {
      await ask('POST', '/api/user', { body: { id: 'patch', ...ada } });
      const patch = (type: string, body: object = { group: 2 }, path = 'patch') =>
        ask('PATCH', `/api/user/${path}`, { body, headers: { 'content-type': type } });
      const patched = await patch('application/merge-patch+json');
      expect([patched.status, patched.body, patched.headers.get('etag')]).to.deep.equal([
        200,
        { id: 'patch', ...ada, group: 2 },
        '"2"',
      ]);
      expect((await patch('application/json', { group: 3 })).headers.get('etag')).to.equal('"3"');
      const other = await patch('application/json-patch+json', [{ op: 'remove', path: '/name' }]);
      const types = 'application/merge-patch+json, application/json, application/vnd.api+json';
      expect([other.status, other.headers.get('accept-patch')]).to.deep.equal([415, types]);
      expect((await ask('OPTIONS', '/api/user/patch')).headers.get('accept-patch')).to.equal(types);
      const removing = await patch('application/merge-patch+json', { name: null });
      expect([removing.status, removing.body.errors[0].pointer]).to.deep.equal([400, '/name']);
      expect((await patch('application/merge-patch+json', { group: 1 }, 'no-patch')).status).to.equal(404);
      const created = await ask('PATCH', '/api/user/no-patch', { body: ada, headers: { 'if-none-match': '*' } });
      expect(created.status).to.equal(404);
    });

    it('lets no cache use an answer again without asking', async () => {
      for (const path of ['/api/user', '/api/user/count', '/api/user/never', '/nowhere'])
        expect((await ask('GET', path)).headers.get('cache-control'), path).to.equal('private, no-cache');
    });

    const badRequests: [
      name: string,
      status: number,
      pointer: string | undefined,
      method: string,
      path: string,
      options: Parameters<typeof call>[3],
    ][] = [
      ['an unknown field', 400, '/admin', 'POST', '/api/user', { body: { ...ada, admin: true } }],
      ['a missing field', 400, '/email', 'POST', '/api/user', { body: { name: 'x', group: 1 } }],
      ['a wrong type', 400, '/group', 'POST', '/api/user', { body: { ...ada, group: '1' } }],
      ['no integer', 400, '/group', 'POST', '/api/user', { body: { ...ada, group: 1.5 } }],
      ['no address', 400, '/email', 'POST', '/api/user', { body: { ...ada, email: 'ada' } }],
      ['an empty name', 400, '/name', 'POST', '/api/user', { body: { ...ada, name: '' } }],
      ['a name of 201 letters', 400, '/name', 'POST', '/api/user', { body: { ...ada, name: 'x'.repeat(201) } }],
      ['a bad id', 400, '/id', 'POST', '/api/user', { body: { ...ada, id: 'a b' } }],
      ['an id of 65 letters', 400, '/id', 'POST', '/api/user', { body: { ...ada, id: 'x'.repeat(65) } }],
      ['the name of a route as id', 400, '/id', 'POST', '/api/user', { body: { ...ada, id: 'count' } }],
      ['an operator as a field', 400, '/$where', 'POST', '/api/user', { body: { ...ada, $where: '1' } }],
      ['an operator as a value', 400, '/name/$ne', 'POST', '/api/user', { body: { ...ada, name: { $ne: 1 } } }],
      [
        '__proto__',
        400,
        '/__proto__',
        'POST',
        '/api/user',
        { raw: '{"name":"x","email":"a@example.com","group":1,"__proto__":{"admin":true}}' },
      ],
      [
        'text that is no Unicode',
        400,
        '/name',
        'POST',
        '/api/user',
        { raw: '{"name":"\\ud800","email":"a@example.com","group":1}' },
      ],
      ['bad JSON', 400, '', 'POST', '/api/user', { raw: '{"name":' }],
      ['an array', 400, '', 'POST', '/api/user', { body: [ada] }],
      ['null', 400, '', 'POST', '/api/user', { raw: 'null' }],
      ['no body', 415, undefined, 'POST', '/api/user', {}],
      ['an empty body', 400, '/name', 'POST', '/api/user', { raw: '' }],
      [
        'another content type',
        415,
        undefined,
        'POST',
        '/api/user',
        { raw: 'name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      ],
      [
        'an unknown encoding',
        415,
        undefined,
        'POST',
        '/api/user',
        { raw: '{}', headers: { 'content-encoding': 'rot13' } },
      ],
      ['a body over 64 KiB', 413, undefined, 'POST', '/api/user', { body: { ...ada, name: 'x'.repeat(66_000) } }],
      [
        'deep nesting',
        400,
        undefined,
        'POST',
        '/api/user',
        { raw: `{"name":${'['.repeat(30_000)}${']'.repeat(30_000)}}` },
      ],
      ['nothing to update', 400, '', 'PUT', '/api/user/13AE742', { body: {} }],
      ['an update without an id', 400, '/id', 'PUT', '/api/user', { body: { group: 1 } }],
      ['an update with two ids', 400, '/id', 'PUT', '/api/user/13AE742', { body: { id: 'other', group: 1 } }],
      ['a name twice', 400, '/group', 'POST', '/api/user', { raw: '{"group":1,"group":2}' }],
      ['an update with null', 400, '/name', 'PUT', '/api/user/13AE742', { body: { name: null } }],
      ['a bad id in the path', 400, '/id', 'GET', '/api/user/a%20b', {}],
      ['an id that is no text', 400, undefined, 'GET', '/api/user/%E0%A4%A', {}],
      ['NUL in the path', 400, '/id', 'DELETE', '/api/user/a%00b', {}],
      ['a bad offset', 400, '/offset', 'GET', '/api/user?offset=-1', {}],
      ['an offset given twice', 400, '/offset', 'GET', '/api/user?offset=1&offset=2', {}],
      ['an operator in the query', 400, '/offset[$gt]', 'GET', '/api/user?offset[$gt]=1', {}],
      ['a limit of 0', 400, '/limit', 'GET', '/api/user?limit=0', {}],
      ['a limit over 1000', 400, '/limit', 'GET', '/api/user?limit=1001', {}],
      ['a bad Muster-Min-Version', 400, '', 'GET', '/api/user/13AE742', { headers: { 'muster-min-version': 'x' } }],
      ['a bad If-Match', 400, '', 'DELETE', '/api/user/13AE742', { headers: { 'if-match': 'x' } }],
      ['a creation with a parameter', 400, '/foo', 'POST', '/api/user?foo=1', { body: ada }],
      ['an update with a parameter', 400, '/foo', 'PUT', '/api/user/13AE742?foo=1', { body: { group: 1 } }],
      ['an update of the body’s id with one', 400, '/foo', 'PUT', '/api/user?foo=1', { body: { id: 'x', group: 1 } }],
      ['a patch with a parameter', 400, '/foo', 'PATCH', '/api/user/13AE742?foo=1', { body: { group: 1 } }],
      ['a delete with parameters', 400, '/b', 'DELETE', '/api/user/13AE742?force=1&b=2', {}],
      ['a command with a parameter', 400, '/foo', 'POST', '/api/user/13AE742:update?foo=1', { body: { group: 1 } }],
      ['an unknown route', 404, undefined, 'GET', '/api/users', {}],
      ['an unknown method', 405, undefined, 'PURGE', '/api/user/13AE742', {}],
      ['a delete of all', 405, undefined, 'DELETE', '/api/user', {}],
      ['a method of WebDAV', 405, undefined, 'PROPFIND', '/api/user', {}],
    ];

    it('refuses bad input as problem+json with a pointer and the request’s id, and appends nothing', async () => {
      const before = (await eventsOf({})).length;
      for (const [name, status, pointer, method, path, options] of badRequests) {
        const reply = await ask(method, path, {
          ...options,
          headers: { 'x-request-id': 'bad-1', ...options?.headers },
        });
        expect(reply.status, `${name}: ${reply.text}`).to.equal(status);
        expect(reply.headers.get('content-type'), name).to.match(/^application\/problem\+json/);
        expect([reply.body.status, reply.body.requestId], name).to.deep.equal([status, 'bad-1']);
        if (pointer !== undefined)
          expect(
            reply.body.errors?.map((error: { pointer: string }) => error.pointer),
            name,
          ).to.include(pointer);
        if (status === 405) expect(reply.headers.get('allow'), name).to.be.a('string');
      }
      expect((await eventsOf({})).length).to.equal(before);
    });

    it('lists all invalid fields at once', async () => {
      const { body } = await ask('POST', '/api/user', { body: { name: 7, email: 'x', group: 'y', extra: 1 } });
      expect(body.errors.map((error: { pointer: string }) => error.pointer)).to.have.members([
        '/name',
        '/email',
        '/group',
        '/extra',
      ]);
    });
  });
}

describe('The HTTP API with REQUIRE_IF_MATCH', () => {
  it('writes only under a condition', async () => {
    await using system = await runInProcess(entities, { aggregators: 1, environment: { REQUIRE_IF_MATCH: 'true' } });
    const ask = (method: string, path: string, options?: Parameters<typeof call>[3]) =>
      call(system.url, method, path, options);
    expect((await ask('POST', '/api/user', { body: { id: 'x', ...ada } })).status).to.equal(201);
    for (const [method, path, body] of [
      ['PUT', '/api/user/x', { group: 2 }],
      ['PUT', '/api/user', { id: 'x', group: 2 }],
      ['PATCH', '/api/user/x', { group: 2 }],
      ['DELETE', '/api/user/x', undefined],
    ] as const) {
      const refused = await ask(method, path, { body });
      expect([refused.status, refused.body.title], method).to.deep.equal([
        428,
        'This service writes only under a condition',
      ]);
      expect((await ask(method, path, { body, headers: { 'if-match': ' ' } })).status, method).to.equal(428);
    }
    const headers = { 'if-match': '"1"' };
    expect((await ask('PATCH', '/api/user/x', { body: { group: 2 }, headers })).status).to.equal(200);
    expect((await ask('DELETE', '/api/user/x', { headers: { 'if-match': '*' } })).status).to.equal(204);
    const create = { body: ada, headers: { 'if-none-match': '*' } };
    expect((await ask('PUT', '/api/user/y', create)).status).to.equal(201);
  });
});
