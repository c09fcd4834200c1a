import { note, openTestDatabase, storedNote } from '@muster/testing';
import { expect } from 'chai';
import { openClock } from './database-clock.ts';
import { areSettingsKept, ensureCollections, SettingsConflict } from './ensure-collections.ts';
import type { LogId } from './log-guard.ts';
import { handlesOf, type Log, openLog, recordsOf } from './open-log.ts';
import { readCluster } from './read-cluster.ts';

const shape = { partitions: 32, hash: 'murmur' };

const openEmptyLog = async () => {
  const { uri, database } = await openTestDatabase();
  return openLog({ uri, database, appName: 'test' });
};

describe('Setting up a database', function () {
  this.timeout(60_000);

  it('creates the indexes of each collection', async () => {
    await using log = await openEmptyLog();
    await ensureCollections(log, [note], shape);
    const keysOf = async (collection: {
      indexes(): Promise<{ key: object; unique?: boolean; expireAfterSeconds?: number }[]>;
    }) =>
      (await collection.indexes())
        .map(({ key, unique }) => `${Object.keys(key).join()}${unique ? ' unique' : ''}`)
        .sort();
    expect(await keysOf(handlesOf(log).events)).to.deep.equal([
      '_id',
      'entity,entityId,version unique',
      'partition,at',
    ]);
    expect(await keysOf(recordsOf(log, note))).to.deep.equal(['_id', 'partition,deletedAt,_id']);
    expect(await keysOf(handlesOf(log).deadLetters)).to.deep.equal(['_id', 'partition']);
    const [lease] = (await handlesOf(log).aggregators.indexes()).filter(
      ({ expireAfterSeconds }) => expireAfterSeconds !== undefined,
    );
    expect(lease?.expireAfterSeconds).to.be.at.least(3_600);
  });

  it('is idempotent, and safe for many processes at once', async () => {
    await using log = await openEmptyLog();
    const ids = await Promise.all(Array.from({ length: 8 }, () => ensureCollections(log, [note], shape)));
    expect(new Set([...ids, await ensureCollections(log, [note], shape)]).size, 'one log').to.equal(1);
    expect(await handlesOf(log).settings.find().toArray()).to.deep.equal([
      { _id: 'muster', schema: 1, ...shape, log: ids[0] },
    ]);
  });

  it('prevents two events from sharing a version', async () => {
    await using log = await openEmptyLog();
    await ensureCollections(log, [note], shape);
    const event = storedNote({ type: 'NoteCreated', version: 1 });
    await handlesOf(log).events.insertOne(event);
    const failure = await handlesOf(log)
      .events.insertOne({ ...event, _id: 'other' })
      .catch((error: { code?: unknown }) => error.code);
    expect(failure).to.equal(11000);
    // the same id under another entity is another stream
    await handlesOf(log).events.insertOne({ ...event, _id: 'third', entity: 'user' });
  });

  it('refuses settings that differ from those of the database, and names both', async () => {
    await using log = await openEmptyLog();
    const logId = await ensureCollections(log, [note], shape);
    for (const other of [{ partitions: 64 }, { hash: 'md5' }]) {
      const failure = await ensureCollections(log, [note], { ...shape, ...other }).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(SettingsConflict);
      expect(String(failure)).to.match(
        /set up with (partitions 32, but this process has 64|hash murmur, but this process has md5)/,
      );
    }
    expect(await handlesOf(log).settings.find().toArray()).to.deep.equal([
      { _id: 'muster', schema: 1, ...shape, log: logId },
    ]);
  });

  it('refuses a database of another schema', async () => {
    await using log = await openEmptyLog();
    await handlesOf(log).settings.insertOne({ _id: 'muster', schema: 2, ...shape });
    const failure = await ensureCollections(log, [note], shape).catch((error: unknown) => error);
    expect(String(failure)).to.contain('schema 2, but this process has 1');
  });

  it('lets exactly one of two processes with different settings start at the same moment', async () => {
    await using log = await openEmptyLog();
    const outcomes = await Promise.allSettled(
      [16, 32, 64].map((partitions) => ensureCollections(log, [note], { ...shape, partitions })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
  });

  it('removes records that were derived from another log, and keeps those of this log', async () => {
    await using log = await openEmptyLog();
    await ensureCollections(log, [note], shape);
    await recordsOf(log, note).insertOne(recordAt('a'));
    await ensureCollections(log, [note], shape);
    expect(await recordsOf(log, note).countDocuments(), 'the same log').to.equal(1);
    await handlesOf(log).events.drop();
    const logId = await ensureCollections(log, [note], shape);
    expect(await recordsOf(log, note).countDocuments(), 'another log').to.equal(0);
    expect(await areKept(log, logId)).to.equal(true);
  });

  it('keeps the records of a database that an earlier release set up', async () => {
    await using log = await openEmptyLog();
    await handlesOf(log).settings.insertOne({ _id: 'muster', schema: 1, ...shape });
    await recordsOf(log, note).insertOne(recordAt('a'));
    await ensureCollections(log, [note], shape);
    expect(await recordsOf(log, note).countDocuments()).to.equal(1);
  });

  it('detects that the settings are missing', async () => {
    await using log = await openEmptyLog();
    const logId = await ensureCollections(log, [note], shape);
    expect(await areKept(log, logId)).to.equal(true);
    await handlesOf(log).settings.drop();
    expect(await areKept(log, logId)).to.equal(false);
  });
});

const areKept = async (log: Log, logId: LogId) =>
  areSettingsKept((await readCluster(log, openClock(), 5_000)).settings, shape, logId);

const recordAt = (id: string) => ({
  ...{ _id: id, version: 1, partition: 0, snapshot: 'test:1' as const, createdAt: new Date(), updatedAt: new Date() },
});
