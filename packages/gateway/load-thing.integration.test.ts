import { type Loaded, type Log, openLog } from '@muster/store';
import { note, openShell, openTestDatabase, storedNote } from '@muster/testing';
import { expect } from 'chai';
import { loadThing } from './load-thing.ts';
import { openLongReads } from './long-reads.ts';
import { openLoads } from './share-load.ts';

const fields = { text: 'one', stars: 1 };
const deadlineMs = 10_000;

/** Opens a log with one stream of this many events. */
const openLongLog = async (events: number): Promise<AsyncDisposable & { log: Log }> => {
  const database = await openTestDatabase();
  await using shell = openShell(database);
  await shell.events.createIndex({ entity: 1, entityId: 1, version: 1 }, { unique: true });
  await shell.events.insertMany(
    Array.from({ length: events }, (_, index) =>
      storedNote({
        type: index === 0 ? 'NoteCreated' : 'NoteUpdated',
        version: index + 1,
        data: { ...fields, stars: index + 1 },
      }),
    ),
  );
  const log = openLog({ ...database, appName: 'test' });
  const close = async () => {
    await log[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
  return { log, [Symbol.asyncDispose]: close };
};

const openReading = (log: Log) => ({ loads: openLoads<Loaded>(), log, longReads: openLongReads() });

describe('Requests for one stream in the database', function () {
  this.timeout(60_000);

  it('that arrive together read its events once, then only the newer ones', async () => {
    await using long = await openLongLog(2_300);
    const reading = openReading(long.log);
    const loading = Array.from({ length: 40 }, () => loadThing(reading, note, 'a', deadlineMs));
    expect(reading.loads.size).to.equal(1);
    const loaded = await Promise.all(loading);
    expect(loaded.map(({ state }) => state.version)).to.deep.equal(loaded.map(() => 2_300));
    expect(new Set(loaded.slice(1)).size, 'the others share one result').to.equal(1);
    expect([reading.loads.size, reading.longReads]).to.deep.equal([0, openLongReads()]);
  });

  it('leave no load and no place behind when they fail at their deadline', async () => {
    await using long = await openLongLog(5_000);
    const reading = openReading(long.log);
    const late = await Promise.allSettled([1, 2, 3].map((ms) => loadThing(reading, note, 'a', ms)));
    expect(late.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected', 'rejected']);
    expect((await loadThing(reading, note, 'a', deadlineMs)).state.version).to.equal(5_000);
    expect([reading.loads.size, reading.longReads]).to.deep.equal([0, openLongReads()]);
  });
});
