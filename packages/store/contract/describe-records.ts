import { fold } from '@muster/model';
import { anyHistory, at, note, until } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import type { RecordDocument } from '../documents.ts';
import type { Log } from '../open-log.ts';
import { recordOf, stateOf } from '../records.ts';
import type { Saving } from '../save-records.ts';
import { all, deadlineMs } from './notes.ts';
import { openEmptyLog, partitions, type Subject } from './subject.ts';

/** What the store promises of records: they are guarded by their versions, and never get older. */
export const describeRecords = (subject: Subject): void => {
  const { store } = subject;
  const save = (log: Log, savings: readonly Saving[], ms = deadlineMs) => store.saveRecords(log, note, savings, ms);
  const stored = async (log: Log): Promise<RecordDocument[]> =>
    (await all(store.scanRecords(log, note, partitions))).sort((a, b) => (a._id < b._id ? -1 : 1));

  describe('records', () => {
    it('are never replaced by an older one, or by one as old', async () => {
      await using log = await openEmptyLog(subject);
      await save(log, [fresh(recordAt('a', 5)), fresh(recordAt('b', 5)), fresh(recordAt('c', 5))]);
      const savings = [known(recordAt('a', 4)), known(recordAt('b', 5, 'other')), known(recordAt('c', 6))];
      expect((await save(log, savings)).failed.size).to.equal(0);
      expect(await stored(log)).to.deep.equal([recordAt('a', 5), recordAt('b', 5), recordAt('c', 6)]);
    });

    it('keep to that where they were thought new and are there', async () => {
      await using log = await openEmptyLog(subject);
      await save(log, [fresh(recordAt('a', 5)), fresh(recordAt('b', 1))]);
      const outcome = await save(
        log,
        ['a', 'b', 'c'].map((id) => fresh(recordAt(id, 3))),
      );
      expect(outcome).to.deep.equal({ failed: new Set(), error: undefined });
      expect(await stored(log)).to.deep.equal([recordAt('a', 5), recordAt('b', 3), recordAt('c', 3)]);
    });

    it('are made where they were thought known and are not there', async () => {
      await using log = await openEmptyLog(subject);
      await save(log, [known(recordAt('a', 2))]);
      expect(await stored(log)).to.deep.equal([recordAt('a', 2)]);
    });

    it('of a deleted thing keep none of its fields', async () => {
      await using log = await openEmptyLog(subject);
      const deleted = { status: 'deleted', version: 2, createdAt: at(1), deletedAt: at(2) } as const;
      const tombstone = recordOf('a', 0, deleted, 'test:2');
      await save(log, [fresh(recordAt('a', 1))]);
      await save(log, [known(tombstone)]);
      expect(await stored(log)).to.deep.equal([tombstone]);
    });

    it('keep text as it is, whatever a server could read in it', async () => {
      await using log = await openEmptyLog(subject);
      const texts = ['$version', '$$ROOT', '$$NOW', 'a\0b', '{"$gt":1}', 'ä😀', ''];
      const ofVersion = (version: number) => texts.map((text, n) => recordAt(`id-${n}`, version, text));
      await save(log, ofVersion(1).map(fresh));
      await save(log, ofVersion(2).map(known));
      expect((await stored(log)).map(({ text }) => text)).to.deep.equal(texts);
    });

    it('keep every state as it is', async () => {
      await using log = await openEmptyLog(subject);
      const states = fc.sample(anyHistory, 200).map((history) => fold(note, history));
      const records = states.flatMap((state, n) =>
        state.status === 'absent' ? [] : [recordOf(`id-${n}`, 0, state, 'test:1')],
      );
      await save(log, records.map(fresh));
      const read = new Map((await stored(log)).map((record) => [record._id, stateOf(note, record)]));
      for (const { _id } of records) expect(read.get(_id)).to.deep.equal(states[Number(_id.slice(3))]);
      expect(read.size).to.equal(records.length);
    });

    it('are the newest of each thing, in whatever order they come', async () => {
      await using log = await openEmptyLog(subject);
      const tries = fc.array(fc.record({ version: fc.integer({ min: 1, max: 6 }), saved: fc.boolean() }), {
        minLength: 1,
        maxLength: 8,
      });
      const newest: RecordDocument[] = [];
      for (const [n, several] of fc.sample(tries, 30).entries()) {
        const id = `id-${n + 10}`;
        for (const { version, saved } of several) await save(log, [{ record: recordAt(id, version), saved }]);
        newest.push(recordAt(id, Math.max(...several.map(({ version }) => version))));
      }
      expect(await stored(log)).to.deep.equal(newest);
    });
  });

  describe('records on a server that fails', () => {
    it('count as failed where they are not known to be saved, whether it stands still or is gone', async () => {
      await using place = await subject.openFragile();
      await using log = await place.openLog();
      await save(log, [fresh(recordAt('a', 1))]);
      await place.cut();
      const startedAt = performance.now();
      const paused = await save(log, [fresh(recordAt('b', 1)), known(recordAt('a', 2))], 300);
      expect(performance.now() - startedAt).to.be.below(4_000);
      expect([...paused.failed].sort()).to.deep.equal(['a', 'b']);
      expect(String(paused.error)).to.contain('Cannot save');
      await place.crash();
      for (let tries = 0; tries < 3; tries += 1) {
        const gone = await save(log, [fresh(recordAt('b', 1)), known(recordAt('a', 2))]);
        expect([...gone.failed].sort()).to.deep.equal(['a', 'b']);
        expect(gone.error).to.be.instanceOf(Error);
      }
    });

    it('are all there that did not count as failed when it was killed', async () => {
      await using place = await subject.openFragile();
      await using log = await place.openLog();
      const failed = new Set<string>();
      const batches = Array.from({ length: 200 }, (_, batch) =>
        Array.from({ length: 20 }, (_, n) => fresh(recordAt(`${batch}-${n}`, 1))),
      );
      let done = 0;
      const saving = batches.map(async (batch) => {
        for (const id of (await save(log, batch)).failed) failed.add(id);
        done += 1;
      });
      await until('some are saved', () => done > 5);
      await place.crash();
      await Promise.all(saving);
      expect(failed.size).to.be.above(0);
      await place.restart();
      await using later = await place.openLog();
      const ids = new Set((await stored(later)).map(({ _id }) => _id));
      const missing = batches.flat().filter(({ record }) => !failed.has(record._id) && !ids.has(record._id));
      expect(missing).to.deep.equal([]);
    });
  });
};

const fresh = (record: RecordDocument): Saving => ({ record, saved: false });
const known = (record: RecordDocument): Saving => ({ record, saved: true });

const recordAt = (id: string, version: number, text = `v${version}`): RecordDocument => {
  const fields = { text, stars: version };
  return recordOf(id, 0, { status: 'active', version, fields, createdAt: at(1), updatedAt: at(version) }, 'test:1');
};
