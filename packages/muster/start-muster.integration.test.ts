import { existsSync } from 'node:fs';
import { call, eventually, openTestDatabase, openTestFolder } from '@muster/testing';
import { expect } from 'chai';
import { defineRecord, Joi, startMuster } from './index.ts';

const note = defineRecord({ name: 'note', title: 'Note', collection: 'Notes', fields: { text: Joi.string() } });

describe('startMuster', () => {
  it('runs everything in this process, with a MongoDB of its own, and leaves nothing behind', async () => {
    const before = process.getActiveResourcesInfo().length;
    const muster = await startMuster({ entities: [note], logLevel: 'silent' });
    expect((await call(muster.url, 'POST', '/api/note', { body: { id: 'a', text: 'one' } })).status).to.equal(201);
    const read = () => call(muster.url, 'GET', '/api/note/a');
    const fromMemory = await eventually(read, ({ headers }) => headers.get('muster-source') === 'aggregator-0');
    expect(fromMemory.body).to.deep.equal({ id: 'a', text: 'one' });
    await muster.stop();
    expect(await read().catch(() => 'gone')).to.equal('gone');
    await muster.stop(); // once more does nothing
    await eventually(
      async () => process.getActiveResourcesInfo().length,
      (count) => count <= before + 2,
    );
  });

  it('keeps the data in a folder that is named', async () => {
    await using folder = await openTestFolder();
    const options = { entities: [note], dataPath: folder.path, aggregators: 0, logLevel: 'silent' };
    const first = await startMuster(options);
    await call(first.url, 'POST', '/api/note', { body: { id: 'kept', text: 'one' } });
    await first.stop();
    expect(existsSync(folder.path)).to.equal(true);
    const second = await startMuster(options);
    expect((await call(second.url, 'GET', '/api/note/kept')).body).to.deep.equal({ id: 'kept', text: 'one' });
    await second.stop();
  });

  it('uses a database that is named, and says why it cannot start', async () => {
    await using database = await openTestDatabase();
    const options = { entities: [note], mongodbUri: database.uri, database: database.database, logLevel: 'silent' };
    const muster = await startMuster({ ...options, settings: { PARTITIONS: '8' } });
    expect(muster.mongodbUri).to.equal(database.uri);
    await muster.stop();
    const failure = await startMuster({ ...options, settings: { PARTITIONS: '9' } }).catch((error: Error) => error);
    expect(String(failure)).to.include('partitions 8');
  });

  it('gives up in time when its database does not answer, and says so', async () => {
    const mongodbUri = 'mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200';
    const options = { entities: [note], mongodbUri, logLevel: 'silent', startWithinMs: 700 };
    const failure = await startMuster(options).catch((error: Error) => error);
    expect(String(failure)).to.include('not ready after 700 ms').and.to.include('database');
  });
});
