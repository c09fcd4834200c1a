import { at, note, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import type { CommandStartedEvent } from 'mongodb';
import type { RecordDocument, SnapshotMark } from './documents.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { recordOf } from './records.ts';
import { type Saving, saveRecords } from './save-records.ts';
import { markOf } from './snapshot-mark.ts';

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

/** Collects what the driver sends to the records' collection: the command, and the number of documents. */
const watchWrites = (log: Log): [command: string, documents: number][] => {
  const writes: [string, number][] = [];
  handlesOf(log).client.on('commandStarted', ({ commandName, command, databaseName }: CommandStartedEvent) => {
    if (databaseName !== log.database || command[commandName] !== note.collection) return;
    writes.push([commandName, (command.documents ?? command.updates ?? []).length]);
  });
  return writes;
};

describe('Saving records', function () {
  this.timeout(60_000);

  it('writes only the given records: new ones with one insert, known ones with one update', async () => {
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
      ['update', 1],
    ]);
    await saveRecords(log, note, [], deadlineMs);
    expect(writes).to.deep.equal([]);
    expect(await stored(log)).to.deep.equal([
      ...all.map((record) => changed.find(({ _id }) => _id === record._id) ?? record),
      recordAt('new', 1),
    ]);
  });

  it('replaces many at once, none by an older one, and creates those that are missing', async () => {
    await using log = await openTestLog();
    const at = (version: number, from: number, to: number) =>
      Array.from({ length: to - from }, (_, n) => recordAt(`id-${from + n + 10}`, version));
    await saveRecords(log, note, [...at(5, 0, 40), ...at(1, 40, 60)].map(fresh), deadlineMs);
    await saveRecords(log, note, at(3, 0, 60).map(known), deadlineMs); // all exist
    expect(await stored(log)).to.deep.equal([...at(5, 0, 40), ...at(3, 40, 60)]);
    await saveRecords(log, note, at(4, 30, 80).map(known), deadlineMs); // 20 of them do not
    expect(await stored(log)).to.deep.equal([...at(5, 0, 40), ...at(4, 40, 80)]);
  });

  it('replaces the others when the server refuses one', async () => {
    await using log = await openTestLog();
    await recordsOf(log, note).createIndex({ text: 1 }, { unique: true }); // a rule that only the server knows
    const at = (id: string, version: number, text: string) => ({ ...recordAt(id, version), text });
    await saveRecords(
      log,
      note,
      ['a', 'b', 'c'].map((id) => fresh(at(id, 1, id))),
      deadlineMs,
    );
    const saved = await saveRecords(log, note, [at('a', 2, 'b'), at('c', 2, 'd')].map(known), deadlineMs);
    expect([...saved.failed]).to.deep.equal(['a']);
    expect(await stored(log)).to.deep.equal([at('a', 1, 'a'), at('b', 1, 'b'), at('c', 2, 'd')]);
  });

  it('replaces records that are too large for one command together', async () => {
    await using log = await openTestLog();
    const at = (version: number) =>
      ['a', 'b', 'c'].map((id) => recordAt(id, version, `${version}`.repeat(6 * 1024 * 1024)));
    await saveRecords(log, note, at(1).map(fresh), 30_000);
    expect((await saveRecords(log, note, at(2).map(known), 30_000)).failed.size).to.equal(0);
    expect((await stored(log)).map(({ version }) => version)).to.deep.equal([2, 2, 2]);
  });

  it('replaces a record of another log at any version, but none of this log with an older one', async () => {
    await using log = await openTestLog();
    const [former, current] = [markOf('log-1', 'a', 7), markOf('log-2', 'b', 1)];
    const marked = (version: number, snapshot: SnapshotMark) => ({ ...recordAt('late', version), snapshot });
    await saveRecords(log, note, [fresh(marked(5, former))], deadlineMs); // from a late snapshot of the former log
    await saveRecords(log, note, [fresh(marked(2, current))], deadlineMs);
    expect(await stored(log)).to.deep.equal([marked(2, current)]);
    await saveRecords(log, note, [known(marked(1, current))], deadlineMs);
    expect(await stored(log)).to.deep.equal([marked(2, current)]);
    await saveRecords(log, note, [known(marked(3, current))], deadlineMs);
    expect(await stored(log)).to.deep.equal([marked(3, current)]);
  });
});
