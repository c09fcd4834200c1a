import { absent, type Event, fold, present, type State } from '@muster/model';
import { anyHistory, at, note, openTestLog, storedNote } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { Timestamp } from 'mongodb';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { countSaved, listSaved, NeverSaved } from './read-set.ts';
import { recordOf } from './records.ts';

const deadlineMs = 10_000;

/** The events of each thing in one partition, and how many of them its saved record includes. */
type Plan = { things: { history: Event[]; saved: number; torn: number }[] };

const anyPlan: fc.Arbitrary<Plan> = fc.record({
  // an unfinished snapshot wrote some records with later versions
  things: fc.array(fc.record({ history: anyHistory, saved: fc.nat(8), torn: fc.nat(2) }), { maxLength: 12 }),
});

describe('Counting and listing from the snapshot', function () {
  this.timeout(120_000);

  it('returns what was active at the checkpoint, whenever the snapshot was taken', async () => {
    await using log = await openTestLog();
    let partition = 0; // each run has its own partition
    await fc.assert(
      fc.asyncProperty(anyPlan, fc.nat(6), fc.integer({ min: 1, max: 6 }), async ({ things }, offset, limit) => {
        partition += 1;
        const whole = things.map((thing) => ({ ...thing, torn: 0 }));
        await storePlan(log, partition, { things: whole });
        const active = activeAt(partition, whole);
        expect(await countSaved(log, note, [partition], deadlineMs)).to.deep.equal([
          { partition, active: active.length, asOf: at(500) },
        ]);
        expect(await listSaved(log, note, { partition, offset, limit }, deadlineMs)).to.deep.equal(
          active.slice(offset, offset + limit),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('returns nothing twice, out of order or invented after an unfinished snapshot', async () => {
    await using log = await openTestLog();
    let partition = 0;
    await fc.assert(
      fc.asyncProperty(anyPlan, async ({ things }) => {
        partition += 1;
        await storePlan(log, partition, { things });
        const [count] = await countSaved(log, note, [partition], deadlineMs);
        expect(count?.active).to.equal(activeAt(partition, things).length);
        const shown: string[] = [];
        for (let offset = 0; offset < (count?.active ?? 0); offset += 3)
          shown.push(...(await listSaved(log, note, { partition, offset, limit: 3 }, deadlineMs)));
        const ids = shown.map((text) => JSON.parse(text).id as string);
        expect(ids).to.deep.equal([...new Set(ids)].sort());
        const possible = new Set(things.flatMap((thing, index) => possibleOf(partition, index, thing)));
        for (const text of shown) expect(possible).to.include(text);
      }),
      { numRuns: 40 },
    );
  });

  it('returns nothing, as of now, for a partition without events', async () => {
    await using log = await openTestLog();
    expect(await countSaved(log, note, [3], deadlineMs)).to.deep.equal([{ partition: 3, active: 0, asOf: undefined }]);
    expect(await listSaved(log, note, { partition: 3, offset: 0, limit: 10 }, deadlineMs)).to.deep.equal([]);
  });

  it('counts the records of an unfinished first snapshot, as of the first event', async () => {
    await using log = await openTestLog();
    const history: Event[] = [{ type: 'NoteCreated', version: 1, data: { text: 'one', stars: 1 }, at: at(7) }];
    await handlesOf(log).events.insertOne(storedNote(history[0] as Event, { partition: 2 }));
    await recordsOf(log, note).insertOne(recordOf('a', 2, savedState(fold(note, history)), 'test:1'));
    expect(await countSaved(log, note, [2], deadlineMs)).to.deep.equal([{ partition: 2, active: 1, asOf: at(7) }]);
  });

  it('throws when there are events but no saved state', async () => {
    await using log = await openTestLog();
    await handlesOf(log).events.insertOne(
      storedNote({ type: 'NoteCreated', version: 1, data: { text: 'one', stars: 1 } }),
    );
    const failure = await countSaved(log, note, [0], deadlineMs).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(NeverSaved);
    expect(String(failure)).to.contain('partition 0 has events but no saved state; start an aggregator');
  });

  it('reads no events, however many the log has', async () => {
    await using log = await openTestLog({ monitorCommands: true });
    await storePlan(log, 0, { things: [{ history: [], saved: 0, torn: 0 }] });
    const long = Array.from({ length: 3_000 }, (_, index) =>
      storedNote({
        type: index === 0 ? 'NoteCreated' : 'NoteUpdated',
        version: index + 1,
        data: { text: 'x', stars: index },
      }),
    );
    await handlesOf(log).events.insertMany(long);
    const read = new Set<string>();
    handlesOf(log).client.on('commandStarted', ({ command }) => read.add(command.find ?? command.aggregate ?? ''));
    await countSaved(log, note, [0], deadlineMs);
    await listSaved(log, note, { partition: 0, offset: 0, limit: 10 }, deadlineMs);
    expect([...read].filter((name) => name !== '').sort()).to.deep.equal(['Checkpoints', note.collection].sort());
  });
});

const idOf = (partition: number, thing: number) => `p${partition}-${String(thing).padStart(2, '0')}`;

const stateAfter = (history: readonly Event[], events: number): State => fold(note, history.slice(0, events), absent);

const savedState = (state: State) => state as Exclude<State, { status: 'absent' }>;

const storePlan = async (log: Log, partition: number, { things }: Plan) => {
  const events = things.flatMap(({ history }, thing) =>
    history.map((event) => storedNote(event, { partition, entityId: idOf(partition, thing) })),
  );
  if (events.length > 0) await handlesOf(log).events.insertMany(events);
  const records = things.flatMap(({ history, saved, torn }, thing) => {
    const state = stateAfter(history, saved + torn);
    const mark = torn > 0 ? ('test:2' as const) : ('test:1' as const);
    return state.status === 'absent' ? [] : [recordOf(idOf(partition, thing), partition, state, mark)];
  });
  if (records.length > 0) await recordsOf(log, note).insertMany(records);
  await handlesOf(log).checkpoints.insertOne({
    _id: partition,
    snapshot: 'test:1',
    resumeToken: {},
    clusterTime: new Timestamp({ t: 1, i: 1 }),
    at: at(500),
    events: things.reduce((sum, { history, saved }) => sum + stateAfter(history, saved).version, 0),
    active: { note: activeAt(partition, things).length },
    aggregator: 'aggregator-0',
  });
};

const shownAs = (partition: number, thing: number, state: State): string[] =>
  state.status === 'active' ? [JSON.stringify(present(note, idOf(partition, thing), state.fields))] : [];

/** What clients saw of the active things when the checkpoint was written, ordered by id. */
const activeAt = (partition: number, things: Plan['things']): string[] =>
  things.flatMap(({ history, saved }, thing) => shownAs(partition, thing, stateAfter(history, saved)));

/** What clients may see of a thing: its state at the checkpoint or at a later version. */
const possibleOf = (partition: number, thing: number, { history, saved }: Plan['things'][number]): string[] =>
  Array.from({ length: history.length + 1 }, (_, events) => stateAfter(history, Math.max(saved, events))).flatMap(
    (state) => shownAs(partition, thing, state),
  );
