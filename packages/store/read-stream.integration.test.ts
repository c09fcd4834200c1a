import { absent, fold } from '@muster/model';
import { anyHistory, at, note, openTestLog, storedNote } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import type { StoredEvent } from './documents.ts';
import { handlesOf, type Log, openLog, recordsOf } from './open-log.ts';
import { catchUpState, foldStored, loadState, pageVersions, readStream } from './read-stream.ts';
import { recordOf, stateOf } from './records.ts';
import { DeadlineError } from './within-deadline.ts';

const deadlineMs = 5_000;
const fields = { text: 'one', stars: 1 };
const created = storedNote({ type: 'NoteCreated', version: 1, data: fields });
const updated = (version: number, stars: number) => storedNote({ type: 'NoteUpdated', version, data: { stars } });
const active = (version: number, stars: number) =>
  ({ status: 'active', version, fields: { text: 'one', stars }, createdAt: at(1), updatedAt: at(version) }) as const;

describe('Folding stored events', () => {
  it('returns the state after all of them', () =>
    expect(foldStored(note, [created, updated(2, 2)], absent)).to.deep.equal({
      state: active(2, 2),
      parked: undefined,
    }));

  it('skips events that the state already includes', () =>
    expect(foldStored(note, [created, updated(2, 7), updated(3, 3)], active(2, 2))).to.deep.equal({
      state: active(3, 3),
      parked: undefined,
    }));

  it('stops at a missing version, with the state before it', () => {
    const hole = { state: active(1, 1), parked: { version: 3, problem: 'its stream has no version 2' } };
    expect(foldStored(note, [created, updated(3, 3), updated(4, 4)], absent)).to.deep.equal(hole);
    expect(foldStored(note, [updated(2, 2)], absent).parked).to.deep.equal({
      version: 2,
      problem: 'its stream has no version 1',
    });
  });

  it('stops at an event that cannot be parsed, with the state before it', () => {
    const poison = { ...updated(2, 2), type: 'NoteShredded' };
    const { state, parked } = foldStored(note, [created, poison, updated(3, 3)], absent);
    expect(state).to.deep.equal(active(1, 1));
    expect(parked).to.deep.equal({ version: 2, problem: 'the type "NoteShredded" is not known to entity "note"' });
  });
});

describe('A stream in the log', function () {
  this.timeout(60_000);

  it('is read in order, above a version, and alone', async () => {
    await using log = await openTestLog();
    const others = [
      storedNote({ type: 'NoteCreated', version: 1, data: fields }, { entityId: 'ab' }),
      { ...created, _id: 'x', entity: 'other' },
    ];
    await handlesOf(log).events.insertMany([updated(3, 3), created, ...others, updated(2, 2)]);
    expect((await pagesOf(log, 'a', 0)).flat()).to.deep.equal([created, updated(2, 2), updated(3, 3)]);
    expect((await pagesOf(log, 'a', 2)).flat()).to.deep.equal([updated(3, 3)]);
    expect((await pagesOf(log, 'a', 3)).flat()).to.deep.equal([]);
  });

  it('is caught up from any older state', async () => {
    await using log = await openTestLog();
    await handlesOf(log).events.insertMany([created, updated(2, 2), updated(3, 3)]);
    for (const from of [absent, active(1, 1), active(2, 2), active(3, 3)])
      expect(await catchUpState(log, note, 'a', from, deadlineMs)).to.deep.equal({
        state: active(3, 3),
        parked: undefined,
      });
  });

  it('is loaded from its record and its tail: the same state for every record version', async () => {
    await using log = await openTestLog();
    await fc.assert(
      fc.asyncProperty(anyHistory, fc.nat(12), fc.uuid(), async (history, taken, entityId) => {
        const before = fold(note, history.slice(0, taken));
        if (history.length > 0)
          await handlesOf(log).events.insertMany(history.map((event) => storedNote(event, { entityId })));
        if (before.status !== 'absent') await recordsOf(log, note).insertOne(recordOf(entityId, 0, before, 'test:1'));
        expect(await loadState(log, note, entityId, deadlineMs)).to.deep.equal({
          state: fold(note, history),
          parked: undefined,
        });
      }),
      { numRuns: 40 },
    );
  });

  it('is read from its record, not from its start', async () => {
    await using log = await openTestLog();
    await recordsOf(log, note).insertOne(recordOf('a', 0, active(2, 2), 'test:1'));
    await handlesOf(log).events.insertOne(updated(3, 3));
    expect(await loadState(log, note, 'a', deadlineMs)).to.deep.equal({ state: active(3, 3), parked: undefined });
  });

  it('is parked at an event missing after its record', async () => {
    await using log = await openTestLog();
    await recordsOf(log, note).insertOne(recordOf('a', 0, active(2, 2), 'test:1'));
    await handlesOf(log).events.insertMany([created, updated(2, 2), updated(4, 4)]);
    expect(await loadState(log, note, 'a', deadlineMs)).to.deep.equal({
      state: active(2, 2),
      parked: { version: 4, problem: 'its stream has no version 3' },
    });
  });

  it('throws a DeadlineError in time when the server is unreachable', async () => {
    await using log = openLog({ uri: 'mongodb://127.0.0.1:1/?replicaSet=nobody', database: 'muster', appName: 'test' });
    const startedAt = performance.now();
    const failure = await loadState(log, note, 'a', 100).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(DeadlineError);
    expect(performance.now() - startedAt).to.be.below(2_000);
  });
});

describe('A stream of many events', function () {
  this.timeout(60_000);
  const events = pageVersions * 8 + 17;

  it('is folded page by page: each reply has at most one page, and the state includes all events', async () => {
    await using log = await openTestLog({ monitorCommands: true });
    await insertLong(log, 'a', events);
    const replies = recordReplies(log);
    const { state } = await loadState(log, note, 'a', deadlineMs);
    expect(state).to.deep.include({ version: events, fields: { text: 'one', stars: events } });
    expect(Math.max(...replies)).to.equal(pageVersions);
    expect(replies.reduce((sum, count) => sum + count, 0)).to.equal(events);
  });

  it('ends after its last page when that page is full', async () => {
    await using log = await openTestLog();
    await insertLong(log, 'a', 2 * pageVersions);
    expect((await pagesOf(log, 'a', 0)).map(({ length }) => length)).to.deep.equal([pageVersions, pageVersions]);
    expect((await loadState(log, note, 'a', deadlineMs)).state.version).to.equal(2 * pageVersions);
  });

  it('is parked at a gap wider than a page, and read beyond it', async () => {
    await using log = await openTestLog();
    const beyond = [updated(3 * pageVersions, 3), updated(5 * pageVersions, 5)];
    await handlesOf(log).events.insertMany([created, updated(2, 2), ...beyond]);
    expect(await loadState(log, note, 'a', deadlineMs)).to.deep.equal({
      state: active(2, 2),
      parked: { version: 3 * pageVersions, problem: 'its stream has no version 3' },
    });
    expect((await pagesOf(log, 'a', 2)).flat()).to.deep.equal(beyond);
  });

  it('is read in smaller parts when its events are large', async () => {
    await using log = await openTestLog();
    const large = { text: 'x'.repeat(1_500_000), stars: 1 };
    await handlesOf(log).events.insertMany(
      [1, 2, 3, 4, 5, 6].map((version) => ({ ...updated(version, 1), data: large })),
    );
    await handlesOf(log).events.insertMany(
      [7, 8, 9, 10, 11, 12].map((version) => ({ ...updated(version, 1), data: large })),
    );
    const pages = await pagesOf(log, 'a', 0);
    expect(pages.flat().map(({ version }) => version)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(pages.length).to.be.above(1); // a server reply has at most 16 MB
  });

  it('has one deadline over all its pages', async () => {
    await using log = await openTestLog();
    await insertLong(log, 'a', events);
    const asked: number[] = [];
    const leftMs = () => {
      asked.push(asked.length);
      return asked.length > 3 ? 0 : deadlineMs;
    };
    const failure = await readAll(log, 'a', leftMs).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(DeadlineError);
    const late = await catchUpState(log, note, 'a', absent, 0).catch((error: unknown) => error);
    expect(late).to.be.instanceOf(DeadlineError);
  });
});

const pagesOf = (log: Log, id: string, above: number) => readAll(log, id, () => deadlineMs, above);

const readAll = async (log: Log, id: string, leftMs: () => number, above = 0): Promise<StoredEvent[][]> => {
  const pages: StoredEvent[][] = [];
  for await (const page of readStream(log, note, id, above, leftMs)) pages.push(page);
  return pages;
};

const insertLong = async (log: Log, entityId: string, events: number) => {
  const stream = Array.from({ length: events }, (_, index) =>
    index === 0
      ? storedNote({ type: 'NoteCreated', version: 1, data: fields }, { entityId })
      : updated(index + 1, index + 1),
  );
  await handlesOf(log).events.insertMany(stream);
};

/** Collects the number of events in each later reply of the server. */
const recordReplies = (log: Log): number[] => {
  const replies: number[] = [];
  handlesOf(log).client.on('commandSucceeded', ({ reply }) => {
    const { ns, firstBatch, nextBatch } = (reply as { cursor?: Reply }).cursor ?? {};
    if (ns?.endsWith('.Events')) replies.push((firstBatch ?? nextBatch ?? []).length);
  });
  return replies;
};

type Reply = { ns: string; firstBatch?: unknown[]; nextBatch?: unknown[] };

describe('A record', () => {
  it('holds the state that it was created from', () =>
    fc.assert(
      fc.property(anyHistory, (history) => {
        const state = fold(note, history);
        fc.pre(state.status !== 'absent');
        expect(stateOf(note, recordOf('a', 3, state, 'test:7'))).to.deep.equal(state);
      }),
    ));

  it('of a deleted thing has none of its fields', () => {
    const record = recordOf('a', 3, { status: 'deleted', version: 2, createdAt: at(1), deletedAt: at(2) }, 'test:7');
    expect(record).to.deep.equal({
      _id: 'a',
      version: 2,
      partition: 3,
      snapshot: 'test:7',
      createdAt: at(1),
      updatedAt: at(2),
      deletedAt: at(2),
    });
  });
});
