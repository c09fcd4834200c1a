import { note, openTestDatabase, storedNote } from '@muster/testing';
import { expect } from 'chai';
import { append, openAppendQueue } from './append-events.ts';
import { openClock } from './database-clock.ts';
import { ensureCollections, SettingsConflict } from './ensure-collections.ts';
import { isLogWhole, type KeptLog, mendLog, prepareDatabase } from './keep-log.ts';
import { handlesOf, type Log, openLog } from './open-log.ts';
import { readCluster } from './read-cluster.ts';

const shape = { partitions: 32, hash: 'murmur' };
const never = new AbortController().signal;

/** A logger that stores its lines, and calls back at the first warning. */
const listen = (onWarning: () => void = () => undefined) => {
  const warnings: string[] = [];
  const warn = (_: unknown, message?: string) => {
    warnings.push(message ?? '');
    onWarning();
  };
  return { warnings, logger: { warn, info: () => undefined, error: warn } };
};

const keptOf = (log: Log, logger: KeptLog['logger'], more: Partial<KeptLog> = {}): KeptLog => ({
  ...{ log, entities: [note], shape, logger },
  ...more,
});

const isWhole = (kept: KeptLog) => isLogWhole(kept, readCluster(kept.log, openClock(), 5_000));

/** Whether the last proof of the log has expired. */
const ageProof = (log: Log) =>
  Object.assign(handlesOf(log).guard, { provenAt: Number.NEGATIVE_INFINITY, inspectedAt: Number.NEGATIVE_INFINITY });

describe('Preparing the database', function () {
  this.timeout(60_000);

  it('creates the missing collections and indexes', async () => {
    await using database = await openTestDatabase();
    await using log = openLog({ uri: database.uri, database: database.database, appName: 'test' });
    const { warnings, logger } = listen();
    expect(await prepareDatabase(keptOf(log, logger), never)).to.equal(true);
    expect(warnings).to.deep.equal([]);
    expect(await handlesOf(log).settings.countDocuments()).to.equal(1);
  });

  it('retries while the database does not answer, logs this, and stops when the signal aborts', async () => {
    await using log = openLog({ uri: 'mongodb://127.0.0.1:1/', database: 'nowhere', appName: 'test' });
    const stop = new AbortController();
    const { warnings, logger } = listen(() => stop.abort());
    expect(await prepareDatabase(keptOf(log, logger), stop.signal)).to.equal(false);
    expect(warnings).to.deep.equal(['Cannot prepare the database, trying again']);
  });

  it('does not retry when the database was set up with other settings', async () => {
    await using database = await openTestDatabase();
    await using log = openLog({ uri: database.uri, database: database.database, appName: 'test' });
    await ensureCollections(log, [note], shape);
    const { warnings, logger } = listen();
    const problem = await prepareDatabase(keptOf(log, logger, { shape: { ...shape, partitions: 8 } }), never).catch(
      (error: unknown) => error,
    );
    expect(problem).to.be.instanceOf(SettingsConflict);
    expect(warnings).to.deep.equal([]);
  });
});

describe('Repairing a log', function () {
  this.timeout(60_000);

  /** A prepared database, and the lines logged since. */
  const openKept = async () => {
    const { uri, database } = await openTestDatabase();
    const log = openLog({ uri, database, appName: 'test' });
    const { warnings, logger } = listen();
    const kept = keptOf(log, logger);
    await prepareDatabase(kept, never);
    ageProof(log);
    return { kept: { ...kept, uri }, log, warnings };
  };

  const isUnique = async (log: Log) => (await handlesOf(log).events.indexes()).some(({ unique }) => unique);

  it('changes and logs nothing when nothing is missing', async () => {
    const { kept, log, warnings } = await openKept();
    await using _ = log;
    expect(await isWhole(kept)).to.equal(true);
    expect(warnings).to.deep.equal([]);
  });

  for (const { what, drop } of [
    { what: 'the settings', drop: (log: Log) => handlesOf(log).settings.drop() },
    { what: 'the indexes of the log', drop: (log: Log) => handlesOf(log).events.dropIndexes() },
  ])
    it(`recreates ${what}, and the log stays the same`, async () => {
      const { kept, log, warnings } = await openKept();
      await using _ = log;
      await drop(log);
      expect(await isWhole(kept)).to.equal(false);
      expect(await mendLog(kept)).to.equal(false);
      expect(warnings).to.have.length(1);
      expect(await isUnique(log)).to.equal(true);
      expect(await handlesOf(log).settings.countDocuments()).to.equal(1);
      expect(handlesOf(log).guard.isLost, 'appends are accepted again').to.equal(false);
    });

  for (const { what, drop } of [
    { what: 'the database', drop: (log: Log) => handlesOf(log).db.dropDatabase() },
    { what: 'the log', drop: (log: Log) => handlesOf(log).events.drop() },
  ])
    it(`returns that it is another log when ${what} was dropped`, async () => {
      const { kept, log } = await openKept();
      await using _ = log;
      await drop(log);
      expect(await isWhole(kept)).to.equal(false);
      expect(await mendLog(kept)).to.equal(true);
      expect(await isUnique(log)).to.equal(true);
      expect(await isWhole(kept), 'the process uses the new log').to.equal(true);
    });

  it('after events were removed makes it another log for all processes', async () => {
    const { kept, log } = await openKept();
    await using _ = log;
    await append(log, openAppendQueue(), storedNote({ type: 'NoteCreated', version: 1 }), 5_000);
    await using other = openLog({ uri: kept.uri, database: log.database, appName: 'test' });
    const others = keptOf(other, kept.logger);
    await prepareDatabase(others, never);
    await handlesOf(log).events.deleteMany({});
    ageProof(log);
    expect(await isWhole(kept)).to.equal(false);
    expect(await mendLog(kept)).to.equal(true);
    expect(await isWhole(others)).to.equal(false);
    expect(await mendLog(others)).to.equal(true);
    expect(await isWhole(others)).to.equal(true);
  });
});
