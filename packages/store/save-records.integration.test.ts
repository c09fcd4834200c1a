import { fold } from '@muster/model';
import { anyHistory, at, note, openLogOn, openOwnServer, openTestLog, reopenServer, until } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import type { CommandStartedEvent } from 'mongodb';
import type { RecordDocument } from './documents.ts';
import { type Log, recordsOf } from './open-log.ts';
import { recordOf, stateOf } from './records.ts';
import { type Saving, saveRecords } from './save-records.ts';

const deadlineMs = 5_000;

const recordAt = (_id: string, version: number, text = `v${version}`): RecordDocument =>
  recordOf(
    _id,
    0,
    { status: 'active', version, fields: { text, stars: version }, createdAt: at(1), updatedAt: at(version) },
    'test:1',
  );

const fresh = (record: RecordDocument): Saving => ({ record, saved: false });
const known = (record: RecordDocument): Saving => ({ record, saved: true });

const stored = (log: Log) => recordsOf(log, note).find().sort({ _id: 1 }).toArray();

/** What the driver sends to the collection of records from now on: the command, and of how many documents. */
const watchWrites = (log: Log): [command: string, documents: number][] => {
  const writes: [string, number][] = [];
  log.client.on('commandStarted', ({ commandName, command, databaseName }: CommandStartedEvent) => {
    if (databaseName !== log.db.databaseName || command[commandName] !== note.collection) return;
    writes.push([commandName, (command.documents ?? command.updates ?? []).length]);
  });
  return writes;
};

describe('Saving records', function () {
  this.timeout(60_000);

  it('writes what is given and nothing else: new ones by one insert, known ones by one update', async () => {
    await using log = await openTestLog({ monitorCommands: true });
    const all = Array.from({ length: 50 }, (_, n) => recordAt(`id-${n + 10}`, 1));
    const writes = watchWrites(log);
    expect(await saveRecords(log, note, all.map(fresh), deadlineMs)).to.deep.equal({
      failed: new Set(),
      error: undefined,
    });
    expect(writes.splice(0)).to.deep.equal([['insert', 50]]);
    const changed = [recordAt('id-12', 2), recordAt('id-13', 2)];
    await saveRecords(log, note, [...changed.map(known), fresh(recordAt('new', 1))], deadlineMs);
    expect(writes.splice(0).sort()).to.deep.equal([
      ['insert', 1],
      ['update', 2],
    ]);
    await saveRecords(log, note, [], deadlineMs);
    expect(writes).to.deep.equal([]);
    expect(await stored(log)).to.deep.equal([
      ...all.map((record) => changed.find(({ _id }) => _id === record._id) ?? record),
      recordAt('new', 1),
    ]);
  });

  it('never puts an older record, or one as old, over a newer one', async () => {
    await using log = await openTestLog();
    await recordsOf(log, note).insertMany([recordAt('a', 5), recordAt('b', 5), recordAt('c', 5)]);
    const savings = [known(recordAt('a', 4)), known(recordAt('b', 5, 'other')), known(recordAt('c', 6))];
    expect((await saveRecords(log, note, savings, deadlineMs)).failed.size).to.equal(0);
    expect(await stored(log)).to.deep.equal([recordAt('a', 5), recordAt('b', 5), recordAt('c', 6)]);
  });

  it('keeps to that for records that were thought new and are there', async () => {
    await using log = await openTestLog();
    await recordsOf(log, note).insertMany([recordAt('a', 5), recordAt('b', 1)]);
    const savings = ['a', 'b', 'c'].map((id) => fresh(recordAt(id, 3)));
    expect((await saveRecords(log, note, savings, deadlineMs)).failed.size).to.equal(0);
    expect(await stored(log)).to.deep.equal([recordAt('a', 5), recordAt('b', 3), recordAt('c', 3)]);
  });

  it('puts one there that was thought known and is not', async () => {
    await using log = await openTestLog();
    await saveRecords(log, note, [known(recordAt('a', 2))], deadlineMs);
    expect(await stored(log)).to.deep.equal([recordAt('a', 2)]);
  });

  it('leaves nothing of the fields of a deleted thing', async () => {
    await using log = await openTestLog();
    const tombstone = recordOf('a', 0, { status: 'deleted', version: 2, createdAt: at(1), deletedAt: at(2) }, 'test:2');
    await saveRecords(log, note, [fresh(recordAt('a', 1))], deadlineMs);
    await saveRecords(log, note, [known(tombstone)], deadlineMs);
    expect(await stored(log)).to.deep.equal([tombstone]);
  });

  it('takes text for text, whatever a server could read in it', async () => {
    await using log = await openTestLog();
    const texts = ['$version', '$$ROOT', '$$NOW', 'a\0b', '{"$gt":1}', 'ä😀', ''];
    await saveRecords(
      log,
      note,
      texts.map((text, n) => fresh(recordAt(`id-${n}`, 1, text))),
      deadlineMs,
    );
    await saveRecords(
      log,
      note,
      texts.map((text, n) => known(recordAt(`id-${n}`, 2, text))),
      deadlineMs,
    );
    expect((await stored(log)).map(({ text }) => text)).to.deep.equal(texts);
  });

  it('keeps every state as it is', async () => {
    await using log = await openTestLog();
    await fc.assert(
      fc.asyncProperty(anyHistory, fc.uuid(), async (history, id) => {
        const state = fold(history);
        fc.pre(state.status !== 'absent');
        await saveRecords(log, note, [fresh(recordOf(id, 0, state, 'test:1'))], deadlineMs);
        const record = await recordsOf(log, note).findOne({ _id: id });
        expect(record && stateOf(note, record)).to.deep.equal(state);
      }),
      { numRuns: 30 },
    );
  });

  it('whatever order they come in leaves the newest of each', async () => {
    await using log = await openTestLog();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ version: fc.integer({ min: 1, max: 6 }), saved: fc.boolean() }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.uuid(),
        async (tries, id) => {
          for (const { version, saved } of tries)
            await saveRecords(log, note, [{ record: recordAt(id, version), saved }], deadlineMs);
          expect(await recordsOf(log, note).findOne({ _id: id })).to.deep.equal(
            recordAt(id, Math.max(...tries.map(({ version }) => version))),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('Saving records on a server that fails', function () {
  this.timeout(60_000);

  it('counts all that are not known to be saved as failed, whether it is gone or stands still', async () => {
    await using server = await openOwnServer();
    await using log = await openLogOn(server);
    await saveRecords(log, note, [fresh(recordAt('a', 1))], deadlineMs);
    process.kill(server.pid, 'SIGSTOP');
    const startedAt = performance.now();
    const paused = await saveRecords(log, note, [fresh(recordAt('b', 1)), known(recordAt('a', 2))], 300);
    expect(performance.now() - startedAt).to.be.below(4_000);
    expect([...paused.failed].sort()).to.deep.equal(['a', 'b']);
    expect(String(paused.error)).to.contain('Cannot save');
    server.spawned.child.kill('SIGKILL');
    await server.spawned.exited;
    for (let tries = 0; tries < 3; tries += 1) {
      const gone = await saveRecords(log, note, [fresh(recordAt('b', 1)), known(recordAt('a', 2))], deadlineMs);
      expect([...gone.failed].sort()).to.deep.equal(['a', 'b']);
      expect(gone.error).to.be.instanceOf(Error);
    }
  });

  it('that is killed while it saves has every record that did not count as failed', async () => {
    await using server = await openOwnServer();
    await using log = await openLogOn(server);
    const failed = new Set<string>();
    const batches = Array.from({ length: 200 }, (_, batch) =>
      Array.from({ length: 20 }, (_, n) => fresh(recordAt(`${batch}-${n}`, 1))),
    );
    let done = 0;
    const saving = Promise.all(
      batches.map(async (batch) => {
        for (const id of (await saveRecords(log, note, batch, deadlineMs)).failed) failed.add(id);
        done += 1;
      }),
    );
    await until('some are saved', () => done > 5);
    server.spawned.child.kill('SIGKILL');
    await server.spawned.exited;
    await saving;
    expect(failed.size).to.be.above(0);
    await using again = await reopenServer(server);
    await using later = await openLogOn(again);
    const ids = new Set((await stored(later)).map(({ _id }) => _id));
    const missing = batches.flat().filter(({ record }) => !failed.has(record._id) && !ids.has(record._id));
    expect(missing).to.deep.equal([]);
  });
});
