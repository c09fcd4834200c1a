import { randomUUID } from 'node:crypto';
import { until } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Appended, AppendQueue } from '../append-events.ts';
import type { StoredEvent } from '../documents.ts';
import type { Log } from '../open-log.ts';
import { appendAll, deadlineMs, eventAt, expectDense, storedEvents, streams, wholeStream } from './notes.ts';
import { openEmptyLog, type Store, type Subject } from './subject.ts';

/** The store's guarantees for appends and version conflicts. */
export const describeAppend = (subject: Subject): void => {
  const { store } = subject;

  describe('append', () => {
    it('stores an event unchanged', async () => {
      await using log = await openEmptyLog(subject);
      const event = eventAt('a', 1);
      expect(await appendAll(store, log, [event])).to.deep.equal(['appended']);
      expect(await storedEvents(store, log)).to.deep.equal([event]);
    });

    it('returns conflict when another event has the version, and stores all other events', async () => {
      await using log = await openEmptyLog(subject);
      await appendAll(store, log, [eventAt('s50', 1)]); // another writer was faster
      const events = streams('s', 100);
      expect(await appendAll(store, log, events)).to.deep.equal(
        events.map(({ entityId }) => (entityId === 's50' ? 'conflict' : 'appended')),
      );
      expect(await storedEvents(store, log)).to.have.length(100);
    });

    it('gives a version to one of several concurrent events', async () => {
      await using log = await openEmptyLog(subject);
      const outcomes = await appendAll(store, log, [eventAt('a', 1), eventAt('a', 1), eventAt('a', 1)]);
      expect(outcomes.sort()).to.deep.equal(['appended', 'conflict', 'conflict']);
      expect(await storedEvents(store, log)).to.have.length(1);
    });

    it('returns appended for an event that is already stored, and stores it once', async () => {
      await using log = await openEmptyLog(subject);
      const event = eventAt('a', 1);
      await appendAll(store, log, [event]); // as if the first answer was lost
      const again = await appendAll(store, log, [...streams('s', 3), event, eventAt('a', 1)]);
      expect(again).to.deep.equal(['appended', 'appended', 'appended', 'appended', 'conflict']);
      expect(await storedEvents(store, log, 'a')).to.deep.equal([event]);
    });

    it('stores a chain of events of one stream in order, up to the first one that cannot be stored', async () => {
      await using log = await openEmptyLog(subject);
      const queue = store.openAppendQueue();
      const chainOf = (id: string, from: number, to: number) =>
        Array.from({ length: to - from + 1 }, (_, index) => eventAt(id, from + index));
      await appendAll(store, log, [eventAt('b', 3)]); // another writer was faster
      const appended = await Promise.all(
        [chainOf('a', 1, 50), chainOf('b', 1, 5), chainOf('c', 1, 2)].map((chain) =>
          store.appendChain(log, queue, chain, deadlineMs),
        ),
      );
      expect(appended).to.deep.equal([
        { stored: 50, outcome: { kind: 'appended' } },
        { stored: 2, outcome: { kind: 'conflict' } },
        { stored: 2, outcome: { kind: 'appended' } },
      ]);
      const versionsOf = async (id: string) => (await storedEvents(store, log, id)).map(({ version }) => version);
      expect((await versionsOf('b')).sort()).to.deep.equal([1, 2, 3]);
      expect(await versionsOf('c')).to.have.length(2);
    });

    it('continues a chain whose first events are stored already', async () => {
      await using log = await openEmptyLog(subject);
      const chain = [1, 2, 3, 4].map((version) => eventAt('a', version));
      const [first, second] = chain as [StoredEvent, StoredEvent];
      await appendAll(store, log, [first]);
      await appendAll(store, log, [second]); // as if the answers were lost
      const appended = await store.appendChain(log, store.openAppendQueue(), chain, deadlineMs);
      expect(appended).to.deep.equal({ stored: 4, outcome: { kind: 'appended' } });
      expect(await storedEvents(store, log, 'a')).to.have.length(4);
    });

    it('treats one id under two entities as two streams', async () => {
      await using log = await openEmptyLog(subject);
      const outcomes = await appendAll(store, log, [eventAt('a', 1), eventAt('a', 1, { entity: 'other' })]);
      expect(outcomes).to.deep.equal(['appended', 'appended']);
    });

    it('returns notWritten for an event whose deadline has passed, and never stores it', async () => {
      await using log = await openEmptyLog(subject);
      for (const passed of [0, -5])
        expect(await appendAll(store, log, [eventAt('a', 1)], passed)).to.deep.equal(['notWritten']);
      expect(await storedEvents(store, log)).to.deep.equal([]);
    });

    it('keeps versions dense under any interleaving of writers in several processes', async () => {
      await using place = await subject.open();
      await using log = await place.openLog();
      await using other = await place.openLog();
      await fc.assert(
        fc.asyncProperty(anyWriters, async (writers) => {
          const id = randomUUID();
          const writing = writers.map(({ events, lanes, isOther }) =>
            write(store, isOther ? other : log, store.openAppendQueue({ lanes }), id, events),
          );
          const ids = (await Promise.all(writing)).flat();
          const stored = await wholeStream(store, log, id, 0);
          expect(stored.map(({ version }) => version)).to.deep.equal(ids.map((_, index) => index + 1));
          expect(new Set(stored.map(({ _id }) => _id))).to.deep.equal(new Set(ids));
        }),
        { numRuns: 15 },
      );
    });
  });

  describe('append without an answer', () => {
    it('returns notWritten while the server is down, never stores such an event, and then resumes', async () => {
      await using place = await subject.openFragile();
      await using log = await place.openLog();
      const queue = store.openAppendQueue();
      const append = (event: StoredEvent, ms: number) => store.append(log, queue, event, ms);
      expect((await append(eventAt('before', 1), deadlineMs)).kind).to.equal('appended');
      await place.crash();
      const first = append(eventAt('first', 1), 20_000); // its batch fails and is sent again
      const startedAt = performance.now();
      const lost = await Promise.all(streams('lost', 20).map((event) => append(event, 1_500)));
      expect(performance.now() - startedAt).to.be.below(3_000);
      expect(new Set(lost.map(({ kind }) => kind))).to.deep.equal(new Set(['notWritten']));
      const waiting = append(eventAt('waiting', 1), 20_000);
      await place.restart();
      expect((await Promise.all([first, waiting])).map(({ kind }) => kind)).to.deep.equal(['appended', 'appended']);
      await untilIdle(queue);
      const stored = (await storedEvents(store, log)).map(({ entityId }) => entityId);
      expect(stored).to.deep.equal(['before', 'first', 'waiting']);
    });

    it('returns unknown for sent events and notWritten for the others, in time and correctly', async () => {
      await using place = await subject.openFragile();
      await using log = await place.openLog();
      const queue = store.openAppendQueue({ lanes: 2, batchEventsMax: 1 });
      const append = (event: StoredEvent, ms: number) => store.append(log, queue, event, ms);
      await append(eventAt('before', 1), deadlineMs);
      await place.cut();
      const startedAt = performance.now();
      const events = streams('s', 20);
      const outcomes = (await Promise.all(events.map((event) => append(event, 500)))).map(({ kind }) => kind);
      expect(performance.now() - startedAt).to.be.within(450, 2_000);
      // each lane has sent one event; the others were never sent
      expect(outcomes).to.deep.equal(events.map((_, n) => (n < 2 ? 'unknown' : 'notWritten')));
      await place.heal();
      expect((await append(eventAt('after', 1), deadlineMs)).kind).to.equal('appended');
      await untilIdle(queue);
      const stored = (await storedEvents(store, log)).map(({ entityId }) => entityId);
      const notWritten = events.slice(2).map(({ entityId }) => entityId);
      expect(stored.filter((id) => notWritten.includes(id))).to.deep.equal([]);
      expect(stored).to.include.members(['before', 'after']);
    });

    it('keeps all appended events, no notWritten ones, and dense versions when killed under load', async () => {
      await using place = await subject.openFragile();
      await using log = await place.openLog();
      const queue = store.openAppendQueue();
      const stop = new AbortController();
      const outcomes = new Map<string, Appended['kind']>();
      const ids = Array.from({ length: 16 }, (_, n) => `w${n}`);
      const writers = ids.map((id) => writeUntil(store, log, queue, id, stop.signal, outcomes));
      const count = (kind: Appended['kind']) => [...outcomes.values()].filter((one) => one === kind).length;
      await until('some events are written', () => count('appended') > 200);
      await place.crash();
      await until('some events are not written', () => count('notWritten') > 16);
      await place.restart();
      const before = count('appended');
      await until('appends succeed again', () => count('appended') > before + 200, 20_000);
      stop.abort();
      await Promise.all(writers);
      await untilIdle(queue);
      const stored = await storedEvents(store, log);
      const stayed = new Set(stored.map(({ _id }) => _id));
      for (const [id, kind] of outcomes) {
        if (kind === 'appended') expect(stayed.has(id), 'an appended event is missing').to.equal(true);
        if (kind === 'notWritten') expect(stayed.has(id), 'a notWritten event is stored').to.equal(false);
      }
      expectDense(stored);
    });
  });
};

const anyWriters = fc.array(
  fc.record({ events: fc.integer({ min: 1, max: 6 }), lanes: fc.integer({ min: 1, max: 3 }), isOther: fc.boolean() }),
  {
    minLength: 1,
    maxLength: 6,
  },
);

/** Resolves when no append waits or runs, so that all sent events are answered. */
const untilIdle = (queue: AppendQueue) =>
  until('the queue is idle', () => queue.inFlight === 0 && queue.waiting.length === 0 && !queue.resting);

/**
 * One of several writers on one stream. After a conflict it reads the stream and tries again. Returns the ids of its
 * events.
 */
const write = async (store: Store, log: Log, queue: AppendQueue, id: string, count: number): Promise<string[]> => {
  const ids: string[] = [];
  let version = 0;
  while (ids.length < count) {
    const event = eventAt(id, version + 1);
    const { kind } = await store.append(log, queue, event, 20_000);
    if (kind === 'appended') ids.push(event._id);
    else if (kind !== 'conflict') expect.fail(kind);
    version = (await wholeStream(store, log, id, version)).at(-1)?.version ?? version;
  }
  return ids;
};

/** The only writer of its stream. After each failure it reads the last version from the log. */
const writeUntil = async (
  store: Store,
  log: Log,
  queue: AppendQueue,
  id: string,
  signal: AbortSignal,
  outcomes: Map<string, Appended['kind']>,
) => {
  let version = 0;
  while (!signal.aborted) {
    const event = eventAt(id, version + 1);
    const { kind } = await store.append(log, queue, event, 1_200);
    outcomes.set(event._id, kind);
    if (kind === 'appended') version += 1;
    else version = (await lastVersion(store, log, id)) ?? version;
  }
};

const lastVersion = async (store: Store, log: Log, id: string): Promise<number | undefined> => {
  const events = await wholeStream(store, log, id, 0, 1_000).catch(() => undefined);
  return events && (events.at(-1)?.version ?? 0);
};
