import { type Active, absent, fold } from '@muster/model';
import { anyHistory, at, note, openTestLog, storedNote } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { guardStoredLog } from './guard-log.ts';
import { handlesOf, type Log, openLog, recordsOf } from './open-log.ts';
import { loadPast, type Past, readNewestVersion, readNewestVersions } from './read-past.ts';
import { pageVersions } from './read-stream.ts';
import { recordOf } from './records.ts';
import { DeadlineError } from './within-deadline.ts';

const limits = { foldedMax: 3 * pageVersions, deadlineMs: 5_000 };
const created = storedNote({ type: 'NoteCreated', version: 1, data: { text: 'one', stars: 1 } });
const updated = (version: number) => storedNote({ type: 'NoteUpdated', version, data: { stars: version } });
const active = (version: number): Active => ({
  ...{ status: 'active', version, fields: { text: 'one', stars: version } },
  ...{ createdAt: at(1), updatedAt: at(version) },
});
const stateOfPast = (past: Past) => (past.kind === 'state' ? past.state : past);

/** Inserts a stream of this many events. */
const insertLong = (log: Log, events: number) =>
  handlesOf(log).events.insertMany(
    Array.from({ length: events }, (_, index) => (index === 0 ? created : updated(index + 1))),
  );

describe('The past of a stream', function () {
  this.timeout(60_000);

  it('is the fold of the events up to a version or a time, whatever version its record has', async () => {
    await using log = await openTestLog();
    await fc.assert(
      fc.asyncProperty(anyHistory, fc.nat(12), fc.uuid(), async (history, taken, entityId) => {
        const saved = fold(note, history.slice(0, taken));
        if (history.length > 0)
          await handlesOf(log).events.insertMany(history.map((event) => storedNote(event, { entityId })));
        if (saved.status !== 'absent') await recordsOf(log, note).insertOne(recordOf(entityId, 0, saved, 'test:1'));
        for (let version = 1; version <= history.length + 1; version += 1) {
          const expected = fold(note, history.slice(0, version));
          const past = await loadPast(log, note, entityId, { version }, limits);
          if (version <= history.length) expect(stateOfPast(past)).to.deep.equal(expected);
          else expect(past).to.deep.include({ kind: 'notReached', version: history.length });
          // a version's time is a minute after that of the one before
          for (const seconds of [0, 30]) {
            const time = new Date(at(version).getTime() + seconds * 1_000);
            expect(stateOfPast(await loadPast(log, note, entityId, { at: time }, limits))).to.deep.equal(expected);
          }
        }
        expect(stateOfPast(await loadPast(log, note, entityId, { at: at(0) }, limits))).to.deep.equal(absent);
        expect(await readNewestVersion(log, note, entityId, 5_000)).to.equal(history.length);
      }),
      { numRuns: 15 },
    );
  });

  it('says when the first event after a time happened', async () => {
    await using log = await openTestLog();
    await insertLong(log, 3);
    expect(await loadPast(log, note, 'a', { at: at(0) }, limits)).to.deep.include({ state: absent, next: at(1) });
    expect(await loadPast(log, note, 'a', { at: at(2) }, limits)).to.deep.include({ state: active(2), next: at(3) });
    expect(await loadPast(log, note, 'a', { at: at(3) }, limits)).to.deep.include({ next: undefined });
  });

  it('of many events is folded page by page, up to the limit', async () => {
    await using log = await openTestLog();
    const most = limits.foldedMax;
    await insertLong(log, most + 2);
    for (const version of [1, pageVersions, pageVersions + 1, 2 * pageVersions, most]) {
      expect(stateOfPast(await loadPast(log, note, 'a', { version }, limits))).to.deep.equal(active(version));
      expect(stateOfPast(await loadPast(log, note, 'a', { at: at(version) }, limits))).to.deep.equal(active(version));
    }
    const tooLong = { kind: 'tooLong', newest: most + 2 };
    expect(await loadPast(log, note, 'a', { version: most + 1 }, limits)).to.deep.equal(tooLong);
    expect(await loadPast(log, note, 'a', { at: at(most + 1) }, limits)).to.deep.equal(tooLong);
    const beyond = await loadPast(log, note, 'a', { version: most + 3 }, limits);
    expect(beyond).to.deep.include({ kind: 'notReached', version: most + 2 });
  });

  it('of many events is read from a record that is not newer', async () => {
    await using log = await openTestLog();
    const most = limits.foldedMax;
    await insertLong(log, most + 2);
    await recordsOf(log, note).insertOne(recordOf('a', 0, active(most), 'test:1'));
    for (const moment of [{ version: most + 1 }, { at: at(most + 1) }])
      expect(stateOfPast(await loadPast(log, note, 'a', moment, limits))).to.deep.equal(active(most + 1));
  });

  it('is the same from any known state before it', async () => {
    await using log = await openTestLog();
    await insertLong(log, 2 * pageVersions);
    for (const version of [1, 7, pageVersions, 2 * pageVersions - 1])
      for (const to of [version, version + 1]) {
        const past = await loadPast(log, note, 'a', { version: to }, { ...limits, foldedMax: 1 }, active(version));
        expect(stateOfPast(past)).to.deep.equal(active(to));
      }
  });

  it('ends at an event that cannot be understood, and at a hole', async () => {
    await using log = await openTestLog();
    await handlesOf(log).events.insertMany([created, { ...updated(2), type: 'NoteShredded' }, updated(3)]);
    const parked = { version: 2, problem: 'the type "NoteShredded" is not known to entity "note"' };
    const loaded = { state: active(1), parked };
    expect(await loadPast(log, note, 'a', { version: 3 }, limits)).to.deep.equal({
      ...{ kind: 'notReached', version: 1, loaded },
    });
    expect(await loadPast(log, note, 'a', { at: at(3) }, limits)).to.deep.equal({
      ...{ kind: 'state', next: undefined, ...loaded },
    });
    expect(stateOfPast(await loadPast(log, note, 'a', { version: 1 }, limits))).to.deep.equal(active(1));
    await handlesOf(log).events.deleteOne({ version: 2 });
    const hole = await loadPast(log, note, 'a', { version: 3 }, limits);
    expect(hole).to.deep.include({ kind: 'notReached', version: 1 });
  });

  it('ends at a hole between two pages', async () => {
    await using log = await openTestLog();
    await insertLong(log, pageVersions + 1);
    await handlesOf(log).events.deleteOne({ version: pageVersions });
    const past = await loadPast(log, note, 'a', { at: at(2 * pageVersions) }, limits);
    const parked = { version: pageVersions + 1, problem: `its stream has no version ${pageVersions}` };
    expect(past).to.deep.include({ kind: 'state', state: active(pageVersions - 1), parked });
  });

  it('does not follow a record of another log', async () => {
    await using log = await openTestLog();
    await guardStoredLog(log, 5_000);
    await insertLong(log, 2);
    const other = { ...active(2), fields: { text: 'another', stars: 9 } };
    await recordsOf(log, note).insertOne(recordOf('a', 0, other, '00000000-another:1'));
    expect(stateOfPast(await loadPast(log, note, 'a', { version: 2 }, limits))).to.deep.equal(active(2));
  });

  it('has a newest version, which is found from any older record, or without one', async () => {
    await using log = await openTestLog();
    for (const events of [1, 2, 3, 7, 8, 9, 100, 1_025]) {
      await handlesOf(log).events.deleteMany({});
      await insertLong(log, events);
      expect(await readNewestVersion(log, note, 'a', 5_000)).to.equal(events);
      await recordsOf(log, note).insertOne(recordOf('a', 0, active(Math.ceil(events / 3)), 'test:1'));
      expect(await readNewestVersion(log, note, 'a', 5_000)).to.equal(events);
      await recordsOf(log, note).deleteMany({});
    }
    expect(await readNewestVersion(log, note, 'none', 5_000)).to.equal(0);
  });

  it('has a newest version behind holes, too', async () => {
    await using log = await openTestLog();
    await handlesOf(log).events.insertMany([2, 3, 5, 6, 9].map(updated));
    expect(await readNewestVersion(log, note, 'a', 5_000)).to.equal(9);
  });

  it('has its newest events of a range, as many as fit', async () => {
    await using log = await openTestLog();
    await insertLong(log, 60);
    const read = (above: number, upTo: number, bytesMax: number) =>
      readNewestVersions(log, note, 'a', { above, upTo, bytesMax }, () => 5_000);
    expect(await read(10, 50, 1_000_000)).to.deep.equal(Array.from({ length: 40 }, (_, index) => updated(11 + index)));
    expect(await read(10, 50, 1)).to.deep.equal([updated(50)]);
    const some = await read(0, 60, 2_000);
    expect(some.at(-1)).to.deep.equal(updated(60));
    expect(some.length).to.be.within(2, 59);
    expect(some.map(({ version }) => version)).to.deep.equal(some.map((_, index) => 61 - some.length + index));
    expect(await read(60, 70, 1_000)).to.deep.equal([]);
  });

  it('throws a DeadlineError in time when the server is unreachable', async () => {
    await using log = openLog({ uri: 'mongodb://127.0.0.1:1/?replicaSet=nobody', database: 'muster', appName: 'test' });
    const failure = await loadPast(log, note, 'a', { version: 1 }, { ...limits, deadlineMs: 100 }).catch(
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(DeadlineError);
  });
});
