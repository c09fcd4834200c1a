import { note, until } from '@muster/testing';
import { expect } from 'chai';
import type { StoredEvent } from '../documents.ts';
import type { Log } from '../open-log.ts';
import { recordOf } from '../records.ts';
import type { Watched } from '../watched.ts';
import { appendAll, appendInOrder, deadlineMs, eventAt, streams } from './notes.ts';
import { openEmptyLog, partitions, type Store, type Subject } from './subject.ts';
import { beat, nextPositions, openWatch } from './watching.ts';

/** The store's guarantees for a watch: order, resuming after a position, and a lost position. */
export const describeWatch = (subject: Subject): void => {
  const { store } = subject;
  const insert = async (log: Log, prefix: string, count: number) => {
    const events = streams(`${prefix}-`, count);
    await appendInOrder(store, log, events);
    return events;
  };

  describe('watch', () => {
    it("yields the events of its partitions in the log's order, and all heartbeats", async () => {
      await using log = await openEmptyLog(subject);
      await using watch = await openWatch(store, log, { partitions: [0, 2] });
      const events = await insert(log, 'a', 12);
      await beat(store, log, 'aggregator-0', 1);
      await beat(store, log, 'aggregator-1', 1);
      await store.saveRecords(log, note, [{ record: tombstone, saved: false }], deadlineMs); // no watch covers records
      await beat(store, log, 'aggregator-0', 2);
      await watch.until('the last heartbeat arrives', ({ beats }) => beats.includes('aggregator-0:2'));
      await watch.until('the stream is quiet', ({ kinds }) => kinds.at(-1) === 'quiet');
      expect(watch.seen.events).to.deep.equal(events.filter(({ partition }) => partition % 2 === 0));
      expect(watch.seen.beats).to.deep.equal(['aggregator-0:1', 'aggregator-1:1', 'aggregator-0:2']);
      expect(watch.seen.kinds).not.to.include('broken');
    });

    it('yields at most 100 events at once, so that its reader has bounded work', async () => {
      await using log = await openEmptyLog(subject);
      const [from] = await nextPositions(store, log, 1);
      const events = streams('many-', 350);
      await appendAll(store, log, events);
      await using watch = await openWatch(store, log, { partitions, from });
      await watch.until('all events arrive', (seen) => seen.events.length === events.length);
      expect(Math.max(...watch.seen.runs)).to.be.within(2, 100);
    });

    it('yields opened first, and then every heartbeat written after it', async () => {
      await using log = await openEmptyLog(subject);
      await using watch = await openWatch(store, log, {});
      expect(watch.seen.kinds[0]).to.equal('opened');
      await beat(store, log, 'aggregator-0', 7);
      await watch.until('the heartbeat arrives', ({ beats }) => beats.includes('aggregator-0:7'));
    });

    it("yields a heartbeat's aggregator, its time on the store's clock, and its position", async () => {
      await using log = await openEmptyLog(subject);
      await using watch = await openWatch(store, log, {});
      for (const number of [1, 2]) await beat(store, log, '$aggregator', number); // the first joins, the second renews
      await watch.until('both heartbeats arrive', ({ heartbeats }) => heartbeats.length === 2);
      const [member] = await store.listMembers(log, deadlineMs);
      const [first, second] = watch.seen.heartbeats;
      expect(second).to.deep.include({ aggregator: '$aggregator', beat: '$aggregator:2', at: member?.heartbeatAt });
      if (!first || !second) return expect.fail('a heartbeat is missing');
      expect(store.isBefore(first.position, second.position)).to.equal(true);
      expect(store.isBefore(second.position, first.position)).to.equal(false);
      expect(store.isSamePlace(second.position, second.position)).to.equal(true);
      expect(store.isSamePlace(first.position, second.position)).to.equal(false);
    });

    it('resumes after the position of any heartbeat, on any partitions, without loss or repetition', async () => {
      await using log = await openEmptyLog(subject);
      await using whole = await openWatch(store, log, { partitions });
      for (let round = 1; round <= 4; round += 1) {
        await insert(log, `round-${round}`, 5);
        await beat(store, log, 'aggregator-0', round);
      }
      await whole.until('the last heartbeat arrives', ({ beats }) => beats.length === 4);
      for (const [index, { position }] of whole.seen.heartbeats.slice().entries()) {
        await using again = await openWatch(store, log, { partitions: [1, 3], from: position });
        const marker = `after-${index}`;
        await beat(store, log, marker, 1);
        await again.until('the marker arrives', ({ beats }) => beats.includes(`${marker}:1`));
        const isLater = ({ entityId }: StoredEvent) => Number(entityId.split('-')[1]) > index + 1;
        const expected = whole.seen.events.filter((event) => isLater(event) && event.partition % 2 === 1);
        expect(again.seen.events, marker).to.deep.equal(expected);
      }
    });

    it('ends soon after it is aborted, and yields nothing when it was aborted before it began', async () => {
      await using log = await openEmptyLog(subject);
      const watch = await openWatch(store, log, { partitions });
      const startedAt = performance.now();
      await watch[Symbol.asyncDispose]();
      expect(performance.now() - startedAt, 'it waited for a change').to.be.below(500);
      const options = { partitions, from: undefined, signal: AbortSignal.abort(), pauseMs: () => 10 };
      expect(await store.watchLog(log, options).next()).to.deep.equal({ done: true, value: undefined });
    });
  });

  describe('watch on a failing server', () => {
    it('yields broken when the server is killed, and resumes without loss or repetition', async () => {
      await using place = await subject.openFragile();
      await using log = await place.openLog();
      // long enough for events to be written during the pause
      await using watch = await openWatch(store, log, { partitions, pauseMs: () => 1_000 });
      const before = await insert(log, 'before', 20);
      await watch.until('some events arrive', ({ events }) => events.length >= 5);
      const racing = insertUntilItFails(store, log);
      await watch.until('some of the racing events arrive', ({ events }) => events.length >= 30);
      await place.crash();
      const stored = await racing;
      await watch.until('the stream is broken', ({ kinds }) => kinds.includes('broken'));
      await place.restart();
      const after = await insert(log, 'after', 20);
      await watch.until(
        'all events arrive',
        ({ events }) => events.some(({ _id }) => _id === after.at(-1)?._id),
        20_000,
      );
      const ids = watch.seen.events.map(({ _id }) => _id);
      expect(new Set(ids).size, 'an event arrived twice').to.equal(ids.length);
      // the watch may also yield the one event that was unacknowledged when the server was killed
      const expected = [...before, ...stored, ...after].map(({ _id }) => _id);
      const more = ids.filter((id) => !expected.includes(id));
      expect(more.length).to.be.at.most(1);
      expect(ids.filter((id) => !more.includes(id))).to.deep.equal(expected);
    });

    it('yields broken in bounded time when the server stops responding, and then resumes', async () => {
      await using place = await subject.openFragile();
      await using log = await place.openLog();
      await using watch = await openWatch(store, log, { partitions });
      const before = await insert(log, 'before', 5);
      await watch.until('the events arrive', ({ events }) => events.length === 5);
      await place.cut();
      await watch.until('the stream is broken', ({ kinds }) => kinds.includes('broken'), 8_000);
      await place.heal();
      const after = await insert(log, 'after', 5);
      await watch.until('all events arrive', ({ events }) => events.length >= 10);
      expect(watch.seen.events).to.deep.equal([...before, ...after]);
    });
  });

  describe('watch from a lost position', () => {
    it('yields lost, and ends', async function () {
      await using place = await subject.openForgetful();
      if (place === undefined) return this.skip();
      await using log = await place.openLog();
      const [from] = await nextPositions(store, log, 1);
      await place.rollOver(log);
      const watched: Watched['kind'][] = [];
      const options = { partitions, from, signal: AbortSignal.timeout(20_000), pauseMs: () => 10 };
      for await (const { kind } of store.watchLog(log, options)) watched.push(kind);
      // a busy server may not answer in time: then the stream is opened again
      expect(watched.filter((kind) => kind !== 'broken')).to.deep.equal(['lost']);
    });

    it('yields lost when it was not read for too long, instead of skipping events', async function () {
      await using place = await subject.openForgetful();
      if (place === undefined) return this.skip();
      await using log = await place.openLog();
      const watched: Watched['kind'][] = [];
      const options = { partitions, from: undefined, signal: AbortSignal.timeout(20_000), pauseMs: () => 10 };
      for await (const { kind } of store.watchLog(log, options)) {
        watched.push(kind);
        if (watched.length !== 2) continue;
        const pausedAt = performance.now(); // as a stopped process does
        await place.rollOver(log);
        await until('1.1 seconds have passed', () => performance.now() - pausedAt > 1_100);
      }
      expect(watched).to.deep.equal(['opened', 'quiet', 'lost']);
    });
  });
};

const tombstone = recordOf(
  'x',
  0,
  { status: 'deleted', version: 1, createdAt: new Date(0), deletedAt: new Date(0) },
  'test:1',
);

/** Appends one event after another until the server is down. Returns the acknowledged ones. */
const insertUntilItFails = async ({ append, openAppendQueue }: Store, log: Log): Promise<StoredEvent[]> => {
  const queue = openAppendQueue();
  const stored: StoredEvent[] = [];
  for (;;) {
    const event = eventAt(`racing-${stored.length}`, 1, { partition: stored.length % partitions.length });
    if ((await append(log, queue, event, 500)).kind !== 'appended') return stored;
    stored.push(event);
  }
};
