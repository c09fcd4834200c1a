import { defineEntity, defineRecord, refuse } from '@muster/model';
import { newKey, openLog, storeKey } from '@muster/store';
import { type CallOptions, call, eventually } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { type InProcess, runInProcess } from './run-in-process.ts';

const word = Joi.string().max(64);

const tally = defineEntity({
  name: 'tally',
  collection: 'Tallies',
  state: { word, times: Joi.number() },
  events: { WordMet: { creates: true, fields: { word } }, WordMetAgain: {} },
  evolve: {
    WordMet: (_, { data }) => ({ word: data.word, times: 1 }),
    WordMetAgain: (state) => ({ ...state, times: state.times + 1 }),
  },
  commands: {
    meet: {
      creates: 'ifAbsent',
      id: (input) => input.word,
      input: { word },
      decide: (input, state) => {
        if (input.word === 'never') return refuse('Unwanted', 'this word is not counted');
        return state ? { type: 'WordMetAgain', data: {} } : { type: 'WordMet', data: { word: input.word } };
      },
    },
  },
  refusals: { Unwanted: { status: 422, title: 'The word is not wanted' } },
  routes: [
    {
      method: 'GET',
      path: '/meet',
      query: { word },
      runs: 'meet',
      input: ({ query }) => query,
      answer: (thing) => ({ status: 202, body: thing?.state.times, location: thing?.address }),
    },
    {
      method: 'PUT',
      path: '/meet',
      body: { word },
      runs: 'meet',
      input: ({ body }) => body,
      answer: () => ({}),
    },
    {
      method: 'GET',
      path: '/times',
      query: { word },
      reads: ({ query }) => String(query.word),
      answer: ({ state }) => {
        if (state.word === 'broken') throw new Error('this word breaks the answer');
        return { body: state.times };
      },
    },
  ],
});

// another route has the address of the second one, too
const visit = defineRecord({
  ...{ name: 'visit', title: 'Visit', collection: 'Visits', fields: { word } },
  routes: [
    { method: 'GET', path: '/earlier', legacy: true, runs: 'create', input: () => ({ word: 'a' }), answer: () => ({}) },
    { method: 'GET', path: '/both', legacy: true, runs: 'create', input: () => ({ word: 'a' }), answer: () => ({}) },
    { method: 'POST', path: '/both', body: { word }, runs: 'create', input: ({ body }) => body, answer: () => ({}) },
  ],
});

describe('Own routes', function () {
  this.timeout(120_000);
  const keys = { read: '', write: '' };
  let system: InProcess;
  before(async () => {
    system = await runInProcess([tally], { aggregators: 1, environment: { AUTH: 'on', REQUIRE_IF_MATCH: 'true' } });
    await using log = openLog({ uri: system.uri, database: system.database, appName: 'test' });
    for (const scope of ['read', 'write'] as const) {
      const { key, document } = newKey({ name: scope, scope, createdAt: new Date() });
      await storeKey(log, document, 5_000);
      keys[scope] = key;
    }
    await eventually(
      () => ask('GET', '/times?word=nothing', 'write'),
      ({ status }) => status === 404,
    );
  });
  after(() => system[Symbol.asyncDispose]());

  const ask = (method: string, path: string, scope: 'read' | 'write', { headers, ...more }: CallOptions = {}) =>
    call(system.url, method, path, { ...more, headers: { authorization: `Bearer ${keys[scope]}`, ...headers } });
  const timesOf = async (of: string) => (await ask('GET', `/times?word=${of}`, 'read')).body;

  it('answer with the status, the body and the address that they name', async () => {
    const met = await ask('GET', '/meet?word=a', 'write');
    expect([met.status, met.body, met.headers.get('location')]).to.deep.equal([202, 1, '/api/tally/a']);
    expect((await ask('PUT', '/meet', 'write', { body: { word: 'a' } })).status).to.equal(204);
    expect(await timesOf('a')).to.equal(2);
  });

  it('need a key that may write where a GET runs a command', async () => {
    expect((await call(system.url, 'GET', '/meet?word=b')).status).to.equal(401);
    for (const path of ['/meet?word=b', '/meet/?word=b']) {
      expect((await ask('GET', path, 'read')).status).to.equal(403);
      const headers = { authorization: `Bearer ${keys.read}` };
      expect((await fetch(`${system.url}${path}`, { method: 'HEAD', headers })).status).to.equal(403);
    }
    expect((await ask('GET', '/times?word=b', 'read')).status).to.equal(404);
  });

  it('answer what an entity refuses with its problem, and a function that throws with 500', async () => {
    const refused = await ask('GET', '/meet?word=never', 'write');
    expect([refused.status, refused.body.detail]).to.deep.equal([422, 'this word is not counted']);
    expect((await ask('GET', '/meet?word=has%20spaces', 'write')).status).to.equal(500); // its id is no id
    await ask('GET', '/meet?word=broken', 'write');
    expect((await ask('GET', '/times?word=broken', 'read')).status).to.equal(500);
    expect(await timesOf('a')).to.equal(2); // and the gateway goes on
  });

  it('name exactly the methods that work, and no HEAD where a GET changes data', async () => {
    const withKey = { authorization: `Bearer ${keys.write}` };
    for (const [path, methods, allowed] of [
      ['/meet?word=head', ['HEAD', 'POST', 'PATCH', 'DELETE'], 'GET, PUT'],
      ['/times?word=head', ['POST', 'PUT'], 'HEAD, GET'],
    ] as const) {
      for (const method of methods) {
        const { status, headers } = await fetch(`${system.url}${path}`, { method, headers: withKey });
        expect([status, headers.get('allow')], `${method} ${path}`).to.deep.equal([405, allowed]);
      }
      const asked = await ask('OPTIONS', path, 'write');
      expect([asked.status, asked.headers.get('allow')]).to.deep.equal([204, allowed]);
    }
    const head = await fetch(`${system.url}/times?word=a`, { method: 'HEAD', headers: withKey });
    expect(head.status).to.equal(200);
    expect((await ask('GET', '/times?word=head', 'read')).status).to.equal(404);
  });

  it('refuse a condition on a command, which they would not keep', async () => {
    for (const header of ['if-match', 'if-none-match']) {
      const refused = await ask('GET', '/meet?word=a', 'write', { headers: { [header]: '"99"' } });
      expect([refused.status, refused.body.errors?.[0]?.code]).to.deep.equal([400, 'invalid-header']);
    }
    expect(await timesOf('a')).to.equal(2);
  });
});

describe('A legacy route', function () {
  this.timeout(120_000);
  const all = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];

  it('is 404 for every method while it is off, and another route at its address goes on', async () => {
    await using system = await runInProcess([visit], { aggregators: 0 });
    for (const path of ['/earlier', '/earlier/'])
      for (const method of all) {
        const answer = await fetch(`${system.url}${path}`, { method });
        expect([answer.status, answer.headers.get('allow')], `${method} ${path}`).to.deep.equal([404, null]);
        if (method !== 'HEAD') expect(await answer.text(), `${method} ${path}`).to.include('LEGACY_ROUTES=on');
      }
    expect((await call(system.url, 'GET', '/both')).body.detail).to.include('LEGACY_ROUTES=on');
    const others = await call(system.url, 'PUT', '/both');
    expect([others.status, others.headers.get('allow')]).to.deep.equal([405, 'POST']);
    expect((await call(system.url, 'POST', '/both', { body: { word: 'a' } })).status).to.equal(204);
  });

  it('has no HEAD while it is on', async () => {
    await using system = await runInProcess([visit], { aggregators: 0, environment: { LEGACY_ROUTES: 'on' } });
    expect((await call(system.url, 'GET', '/earlier')).status).to.equal(204);
    for (const method of all.slice(1)) {
      const { status, headers } = await fetch(`${system.url}/earlier`, { method });
      expect([status, headers.get('allow')]).to.deep.equal([method === 'OPTIONS' ? 204 : 405, 'GET']);
    }
    expect((await call(system.url, 'OPTIONS', '/both')).headers.get('allow')).to.equal('GET, POST');
  });
});

describe('An id that follows from the input', function () {
  this.timeout(120_000);
  let system: InProcess;
  before(async () => {
    system = await runInProcess([tally], { aggregators: 1 });
  });
  after(() => system[Symbol.asyncDispose]());

  it('may be named, but no other one', async () => {
    const post = (path: string, body: object) => call(system.url, 'POST', path, { body });
    expect((await post('/api/tally', { word: 'a' })).status).to.equal(201);
    expect((await post('/api/tally', { id: 'a', word: 'a' })).status).to.equal(200);
    expect((await post('/api/tally/a:meet', { word: 'a' })).status).to.equal(200);
    for (const [path, body] of [
      ['/api/tally', { id: 'b', word: 'a' }],
      ['/api/tally/b:meet', { word: 'a' }],
    ] as const) {
      const refused = await post(path, body);
      expect([refused.status, refused.body.errors]).to.deep.equal([
        400,
        [{ pointer: '/id', code: 'other-id', detail: 'the id is "b", but the input of meet belongs to "a"' }],
      ]);
    }
    expect((await call(system.url, 'GET', '/api/tally/b')).status).to.equal(404);
  });

  it('is that of a POST to the list, whose refusal of a condition names another way', async () => {
    const headers = { 'if-match': '"1"' };
    const refused = await call(system.url, 'POST', '/api/tally', { headers, body: { word: 'a' } });
    expect([refused.status, refused.body.detail]).to.deep.equal([
      400,
      'This address takes neither If-Match nor If-None-Match; send them with POST /api/tally/{id}:meet',
    ]);
  });
});
