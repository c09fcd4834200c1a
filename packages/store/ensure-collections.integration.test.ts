import { note, openTestDatabase, storedNote } from '@muster/testing';
import { expect } from 'chai';
import { ensureCollections, SettingsConflict } from './ensure-collections.ts';
import { openLog, recordsOf } from './open-log.ts';

const shape = { partitions: 32, hash: 'murmur' };

const openEmptyLog = async () => {
  const { uri, database } = await openTestDatabase();
  return openLog({ uri, database, appName: 'test' });
};

describe('Setting up a database', function () {
  this.timeout(60_000);

  it('makes the indexes that the design names', async () => {
    await using log = await openEmptyLog();
    await ensureCollections(log, [note], shape);
    const keysOf = async (collection: {
      indexes(): Promise<{ key: object; unique?: boolean; expireAfterSeconds?: number }[]>;
    }) =>
      (await collection.indexes())
        .map(({ key, unique }) => `${Object.keys(key).join()}${unique ? ' unique' : ''}`)
        .sort();
    expect(await keysOf(log.events)).to.deep.equal(['_id', 'entity,entityId,version unique', 'partition,at']);
    expect(await keysOf(recordsOf(log, note))).to.deep.equal(['_id', 'partition,deletedAt,_id']);
    expect(await keysOf(log.deadLetters)).to.deep.equal(['_id', 'partition']);
    const [lease] = (await log.aggregators.indexes()).filter(
      ({ expireAfterSeconds }) => expireAfterSeconds !== undefined,
    );
    expect(lease?.expireAfterSeconds).to.be.at.least(3_600);
  });

  it('is idempotent, and safe for many processes at once', async () => {
    await using log = await openEmptyLog();
    await Promise.all(Array.from({ length: 8 }, () => ensureCollections(log, [note], shape)));
    await ensureCollections(log, [note], shape);
    expect(await log.settings.find().toArray()).to.deep.equal([{ _id: 'muster', schema: 1, ...shape }]);
  });

  it('keeps two events from sharing a version', async () => {
    await using log = await openEmptyLog();
    await ensureCollections(log, [note], shape);
    const event = storedNote({ kind: 'created', version: 1 });
    await log.events.insertOne(event);
    const failure = await log.events
      .insertOne({ ...event, _id: 'other' })
      .catch((error: { code?: unknown }) => error.code);
    expect(failure).to.equal(11000);
    // the same id of another entity is another stream
    await log.events.insertOne({ ...event, _id: 'third', entity: 'user' });
  });

  it('refuses settings other than those that the database was set up with, and says both', async () => {
    await using log = await openEmptyLog();
    await ensureCollections(log, [note], shape);
    for (const other of [{ partitions: 64 }, { hash: 'md5' }]) {
      const failure = await ensureCollections(log, [note], { ...shape, ...other }).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(SettingsConflict);
      expect(String(failure)).to.match(
        /set up with (partitions 32, this process has 64|hash murmur, this process has md5)/,
      );
    }
    expect(await log.settings.find().toArray()).to.deep.equal([{ _id: 'muster', schema: 1, ...shape }]);
  });

  it('refuses a database of another schema', async () => {
    await using log = await openEmptyLog();
    await log.settings.insertOne({ _id: 'muster', schema: 2, ...shape });
    const failure = await ensureCollections(log, [note], shape).catch((error: unknown) => error);
    expect(String(failure)).to.contain('schema 2, this process has 1');
  });

  it('of two processes that disagree at the same moment lets exactly one on', async () => {
    await using log = await openEmptyLog();
    const outcomes = await Promise.allSettled(
      [16, 32, 64].map((partitions) => ensureCollections(log, [note], { ...shape, partitions })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
  });
});
