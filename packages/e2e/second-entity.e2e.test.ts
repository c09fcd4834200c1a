import { defineRecord, optional } from '@muster/model';
import { call, eventually } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { type InProcess, runInProcess } from './run-in-process.ts';

// an entity needs only this definition and a line in the list of entities
const note = defineRecord({
  name: 'note',
  title: 'Note',
  collection: 'Notes',
  fields: {
    text: Joi.string().max(1_000),
    tags: optional(Joi.array().items(Joi.string())),
    place: optional(Joi.object({ x: Joi.number(), y: Joi.number() })),
  },
});
const asset = defineRecord({ name: 'asset', title: 'Asset', collection: 'Assets', fields: { serial: Joi.string() } });

describe('A second entity, defined in one place,', () => {
  let system: InProcess;
  const ask = (method: string, path: string, body?: unknown) => call(system.url, method, path, { body });
  before(async () => {
    system = await runInProcess([note, asset], { aggregators: 2 });
  });
  after(() => system[Symbol.asyncDispose]());

  it('has the complete API, from memory', async () => {
    const text = { text: 'first', tags: ['a', 'b'] };
    expect((await ask('POST', '/api/note', { id: 'n1', ...text })).status).to.equal(201);
    expect((await ask('PUT', '/api/note/n1', { place: { x: 1, y: 2 } })).body).to.deep.equal({
      id: 'n1',
      ...text,
      place: { x: 1, y: 2 },
    });
    const read = await eventually(
      () => ask('GET', '/api/note/n1'),
      ({ headers }) => /^aggregator/.test(headers.get('muster-source') ?? ''),
    );
    expect([read.body, read.headers.get('etag')]).to.deep.equal([{ id: 'n1', ...text, place: { x: 1, y: 2 } }, '"2"']);
    expect((await ask('PUT', '/api/note/n1', { tags: ['a', 'b'] })).headers.get('etag')).to.equal('"2"');
    expect((await ask('PUT', '/api/note/n1', { place: { x: 'one' } })).body.errors[0].pointer).to.equal('/place/x');
    expect((await ask('GET', '/api/note/count')).body).to.deep.equal({ count: 1 });
  });

  it('is separate: the same id in another entity is another thing', async () => {
    await ask('POST', '/api/note', { id: 'same', text: 'a note' });
    await ask('POST', '/api/asset', { id: 'same', serial: 'an asset' });
    await ask('DELETE', '/api/note/same');
    expect((await ask('GET', '/api/asset/same')).body).to.deep.equal({ id: 'same', serial: 'an asset' });
    expect((await ask('GET', '/api/asset')).body).to.deep.equal([{ id: 'same', serial: 'an asset' }]);
    expect((await ask('GET', '/api/note/same')).status).to.equal(410);
  });

  it('is restored from its own collection after a restart', async () => {
    const database = { uri: system.uri, database: system.database };
    await ask('POST', '/api/note', { id: 'kept', text: 'kept' });
    await system[Symbol.asyncDispose]();
    system = await runInProcess([note, asset], { aggregators: 2, database });
    const read = await eventually(
      () => ask('GET', '/api/note/kept'),
      ({ headers }) => /^aggregator/.test(headers.get('muster-source') ?? ''),
    );
    expect(read.body).to.deep.equal({ id: 'kept', text: 'kept' });
    expect((await ask('GET', '/api/user/kept')).status).to.equal(404);
  });
});
