import { absent, fold } from '@muster/model';
import { anyHistory, at, note, openTestLog, storedNote } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { handlesOf, openLog, recordsOf } from './open-log.ts';
import { catchUpState, foldStored, loadState, readStream } from './read-stream.ts';
import { recordOf, stateOf } from './records.ts';
import { DeadlineError } from './within-deadline.ts';

const deadlineMs = 5_000;
const fields = { text: 'one', stars: 1 };
const created = storedNote({ kind: 'created', version: 1, data: fields });
const updated = (version: number, stars: number) => storedNote({ kind: 'updated', version, data: { stars } });
const active = (version: number, stars: number) =>
  ({ status: 'active', version, fields: { text: 'one', stars }, createdAt: at(1), updatedAt: at(version) }) as const;

describe('Folding stored events', () => {
  it('gives the state after all of them', () =>
    expect(foldStored(note, [created, updated(2, 2)], absent)).to.deep.equal({
      state: active(2, 2),
      parked: undefined,
    }));

  it('passes over what the state has already', () =>
    expect(foldStored(note, [created, updated(2, 7), updated(3, 3)], active(2, 2))).to.deep.equal({
      state: active(3, 3),
      parked: undefined,
    }));

  it('stops at a hole, with the state before it', () => {
    const hole = { state: active(1, 1), parked: { version: 3, problem: 'its stream has no version 2' } };
    expect(foldStored(note, [created, updated(3, 3), updated(4, 4)], absent)).to.deep.equal(hole);
    expect(foldStored(note, [updated(2, 2)], absent).parked).to.deep.equal({
      version: 2,
      problem: 'its stream has no version 1',
    });
  });

  it('stops at an event that cannot be understood, with the state before it', () => {
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
      storedNote({ kind: 'created', version: 1, data: fields }, { entityId: 'ab' }),
      { ...created, _id: 'x', entity: 'other' },
    ];
    await handlesOf(log).events.insertMany([updated(3, 3), created, ...others, updated(2, 2)]);
    expect(await readStream(log, note, 'a', 0, deadlineMs)).to.deep.equal([created, updated(2, 2), updated(3, 3)]);
    expect(await readStream(log, note, 'a', 2, deadlineMs)).to.deep.equal([updated(3, 3)]);
    expect(await readStream(log, note, 'a', 3, deadlineMs)).to.deep.equal([]);
  });

  it('is caught up with from any older state', async () => {
    await using log = await openTestLog();
    await handlesOf(log).events.insertMany([created, updated(2, 2), updated(3, 3)]);
    for (const from of [absent, active(1, 1), active(2, 2), active(3, 3)])
      expect(await catchUpState(log, note, 'a', from, deadlineMs)).to.deep.equal({
        state: active(3, 3),
        parked: undefined,
      });
  });

  it('is loaded from its record and its tail: the same state wherever the record was taken', async () => {
    await using log = await openTestLog();
    await fc.assert(
      fc.asyncProperty(anyHistory, fc.nat(12), fc.uuid(), async (history, taken, entityId) => {
        const before = fold(history.slice(0, taken));
        if (history.length > 0)
          await handlesOf(log).events.insertMany(history.map((event) => storedNote(event, { entityId })));
        if (before.status !== 'absent') await recordsOf(log, note).insertOne(recordOf(entityId, 0, before, 'test:1'));
        expect(await loadState(log, note, entityId, deadlineMs)).to.deep.equal({
          state: fold(history),
          parked: undefined,
        });
      }),
      { numRuns: 40 },
    );
  });

  it('is read from its record on, not from its start', async () => {
    await using log = await openTestLog();
    await recordsOf(log, note).insertOne(recordOf('a', 0, active(2, 2), 'test:1'));
    await handlesOf(log).events.insertOne(updated(3, 3));
    expect(await loadState(log, note, 'a', deadlineMs)).to.deep.equal({ state: active(3, 3), parked: undefined });
  });

  it('that has a record but lacks an event after it is parked there', async () => {
    await using log = await openTestLog();
    await recordsOf(log, note).insertOne(recordOf('a', 0, active(2, 2), 'test:1'));
    await handlesOf(log).events.insertMany([created, updated(2, 2), updated(4, 4)]);
    expect(await loadState(log, note, 'a', deadlineMs)).to.deep.equal({
      state: active(2, 2),
      parked: { version: 4, problem: 'its stream has no version 3' },
    });
  });

  it('that nobody serves is a DeadlineError in time', async () => {
    await using log = openLog({ uri: 'mongodb://127.0.0.1:1/?replicaSet=nobody', database: 'muster', appName: 'test' });
    const startedAt = performance.now();
    const failure = await loadState(log, note, 'a', 100).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(DeadlineError);
    expect(performance.now() - startedAt).to.be.below(2_000);
  });
});

describe('A record', () => {
  it('holds the state that it was made of', () =>
    fc.assert(
      fc.property(anyHistory, (history) => {
        const state = fold(history);
        fc.pre(state.status !== 'absent');
        expect(stateOf(note, recordOf('a', 3, state, 'test:7'))).to.deep.equal(state);
      }),
    ));

  it('of a deleted thing keeps none of its fields', () => {
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
