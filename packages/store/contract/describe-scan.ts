import { at, note } from '@muster/testing';
import { expect } from 'chai';
import { recordOf } from '../records.ts';
import { all, appendAll, appendInOrder, deadlineMs, eventAt, streams, wholeStream } from './notes.ts';
import { openEmptyLog, type Subject } from './subject.ts';

/** The store's guarantees for reading a log without a watch: by partition, by stream, by time. */
export const describeScan = (subject: Subject): void => {
  const { store } = subject;

  describe('scan', () => {
    it('returns all events of its partitions and no others, in any number of batches', async () => {
      await using log = await openEmptyLog(subject);
      const events = streams('id-', 5_000);
      await appendAll(store, log, events, 30_000);
      const scanned = (await all(store.scanEvents(log, [0, 2], undefined))).map(({ _id }) => _id);
      const expected = events.filter(({ partition }) => partition % 2 === 0).map(({ _id }) => _id);
      expect(scanned).to.have.length(expected.length);
      expect(new Set(scanned)).to.deep.equal(new Set(expected));
    });

    it('with a start time returns the events of that time and later', async () => {
      await using log = await openEmptyLog(subject);
      await appendInOrder(
        store,
        log,
        [1, 2, 3, 4].map((version) => eventAt('a', version, { partition: 1 })),
      );
      const scanned = await all(store.scanEvents(log, [1], at(3)));
      expect(scanned.map(({ version }) => version)).to.deep.equal([3, 4]);
    });

    it('blocks nothing when the reader stops early', async () => {
      await using log = await openEmptyLog(subject);
      await appendAll(store, log, streams('id-', 3_000), 30_000);
      for await (const event of store.scanEvents(log, [1], undefined)) if (event) break;
      expect(await store.countEvents(log, 1, deadlineMs)).to.equal(750);
    });

    it('of last versions returns each stream once, and their sum is the number of events', async () => {
      await using log = await openEmptyLog(subject);
      const events = [
        eventAt('a', 1, { partition: 1 }),
        eventAt('a', 2, { partition: 1 }),
        eventAt('b', 1, { partition: 1 }),
        eventAt('c', 1, { partition: 2 }),
      ];
      await appendInOrder(store, log, events);
      const last = await all(store.scanLastVersions(log, 1));
      expect(last).to.have.deep.members([
        { _id: { entity: 'note', entityId: 'b' }, version: 1 },
        { _id: { entity: 'note', entityId: 'a' }, version: 2 },
      ]);
      expect(await store.countEvents(log, 1, deadlineMs)).to.equal(3);
      expect(await store.countEvents(log, 3, deadlineMs)).to.equal(0);
    });

    it('of records returns all records of its partitions and no others, including deleted things', async () => {
      await using log = await openEmptyLog(subject);
      const [createdAt, updatedAt] = [at(1), at(1)];
      const active = { status: 'active', version: 1, fields: { text: 'one' }, createdAt, updatedAt } as const;
      const deleted = { status: 'deleted', version: 2, createdAt, deletedAt: at(2) } as const;
      const savings = [
        { record: recordOf('a', 1, active, 'test:1'), saved: false },
        { record: recordOf('b', 1, deleted, 'test:1'), saved: false },
        { record: recordOf('c', 2, active, 'test:1'), saved: false },
      ];
      await store.saveRecords(log, note, savings, deadlineMs);
      const scanned = (await all(store.scanRecords(log, note, [1, 3]))).map(({ _id }) => _id);
      expect(scanned.sort()).to.deep.equal(['a', 'b']);
    });

    it('of one stream returns its events above a version, in order, and no others', async () => {
      await using log = await openEmptyLog(subject);
      const events = [1, 2, 3].map((version) => eventAt('a', version));
      await appendInOrder(store, log, [eventAt('ab', 1), eventAt('a', 1, { entity: 'other' }), ...events]);
      expect(await wholeStream(store, log, 'a', 0)).to.deep.equal(events);
      expect(await wholeStream(store, log, 'a', 2)).to.deep.equal(events.slice(2));
      expect(await wholeStream(store, log, 'a', 3)).to.deep.equal([]);
    });
  });
};
