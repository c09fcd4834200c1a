import { absent, type Event, fold, present, type State } from '@muster/model';
import { anyCommand, at, historyOf, note, openTestLog, storedNote } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { Timestamp } from 'mongodb';
import type { RecordDocument, StoredEvent } from './documents.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { overlaySets, readPage } from './read-set.ts';
import { recordOf } from './records.ts';

const limits = { overlapMs: 5 * 60_000, tailEventsMax: 1_000, deadlineMs: 10_000 };
const minutesOfOverlap = 5;

/** What happens in one partition: a thing's next command, one after the other; and when it was saved. */
type Plan = {
  steps: { thing: number; command: Parameters<typeof historyOf>[0][number]; earlier: number }[];
  saved: number | undefined; // after so many events its checkpoint was written; undefined: never
  heartbeatsBehind: number; // so many events before that the checkpoint's heartbeat came
  // a later snapshot that did not end: after so many more events, and so many of its records
  torn: { after: number; written: number } | undefined;
};

const anyPlan: fc.Arbitrary<Plan> = fc.record({
  steps: fc.array(fc.record({ thing: fc.nat(8), command: anyCommand, earlier: fc.nat(minutesOfOverlap - 1) }), {
    maxLength: 40,
  }),
  saved: fc.option(fc.nat(40), { nil: undefined }),
  heartbeatsBehind: fc.nat(3),
  torn: fc.option(fc.record({ after: fc.nat(10), written: fc.nat(6) }), { nil: undefined }),
});

/** What the log and the snapshot hold of a plan, and what lives in the end. */
type Stored = {
  events: StoredEvent[];
  records: RecordDocument[];
  checkpointed: StoredEvent[] | undefined;
  checkpointMinute: number;
  states: Map<string, State>;
};

describe('Counting and listing from the snapshot and the log', function () {
  this.timeout(120_000);

  it('gives what a fold of the whole log gives, wherever the snapshot was taken and broken off', async () => {
    await using log = await openTestLog();
    let nextPartition = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyPlan, { minLength: 1, maxLength: 3 }),
        fc.nat(8),
        fc.integer({ min: 1, max: 10 }),
        async (plans, offset, limit) => {
          const first = nextPartition;
          nextPartition += plans.length; // partitions of its own for each run, so that the runs do not meet
          const stored = plans.map((plan, index) => storedOf(plan, first + index));
          for (const [index, one] of stored.entries()) await store(log, one, first + index);
          const partitions = plans.map((_, index) => first + index);
          const overlays = await overlaySets(log, note, partitions, limits);
          expect(overlays.map(({ partition }) => partition)).to.deep.equal(partitions);
          for (const [index, overlay] of overlays.entries()) {
            const active = activeOf(stored[index]?.states ?? new Map());
            expect(overlay.active, 'the count').to.equal(active.length);
            expect(overlay.asOf).to.equal(undefined);
            expect(await readPage(log, note, overlay, offset, limit), 'a page').to.deep.equal(
              active.slice(offset, offset + limit),
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('walks all active things in pages, none twice and none missing', async () => {
    await using log = await openTestLog();
    const steps = Array.from({ length: 60 }, (_, n): Plan['steps'][number] => ({
      thing: n % 25,
      command:
        n < 30
          ? { kind: 'create', fields: { text: 'one', stars: n } }
          : { kind: n % 3 === 0 ? 'delete' : 'update', changes: { stars: -n } },
      earlier: 0,
    }));
    const stored = storedOf({ steps, saved: 20, heartbeatsBehind: 0, torn: { after: 20, written: 5 } }, 0);
    await store(log, stored, 0);
    const [overlay] = await overlaySets(log, note, [0], limits);
    if (!overlay) return expect.fail('no overlay');
    const pages: string[] = [];
    for (let offset = 0; offset < overlay.active; offset += 4)
      pages.push(...((await readPage(log, note, overlay, offset, 4)) ?? []));
    expect(pages).to.deep.equal(activeOf(stored.states));
    expect(await readPage(log, note, overlay, overlay.active, 4)).to.deep.equal([]);
  });

  it('of a partition that nobody has ever written to is nothing', async () => {
    await using log = await openTestLog();
    const [overlay] = await overlaySets(log, note, [3], limits);
    expect(overlay).to.deep.equal({ partition: 3, active: 0, changed: new Map(), asOf: undefined });
  });

  it("reads over the events of other entities, whatever their things' ids", async () => {
    await using log = await openTestLog();
    const mine = storedNote({ kind: 'created', version: 1, data: { text: 'one', stars: 1 } });
    await handlesOf(log).events.insertMany([
      mine,
      { ...mine, _id: 'x', entity: 'user', type: 'UserCreated' },
      { ...mine, _id: 'y', entity: 'user', entityId: 'b' },
    ]);
    expect((await overlaySets(log, note, [0], limits))[0]?.active).to.equal(1);
  });

  it('finds an event whose time is so wrong that the tail does not hold it', async () => {
    await using log = await openTestLog();
    const created = storedNote({ kind: 'created', version: 1, data: { text: 'one', stars: 1 }, at: at(60) });
    const late = storedNote({ kind: 'updated', version: 2, data: { stars: 2 }, at: at(1) });
    const deleted = storedNote({ kind: 'deleted', version: 3, at: at(61) });
    await handlesOf(log).events.insertMany([created, late, deleted]);
    await store(log, { events: [], records: [], checkpointed: [], checkpointMinute: 59, states: new Map() }, 0);
    const [overlay] = await overlaySets(log, note, [0], limits);
    expect(overlay?.changed.get('a')?.now).to.deep.include({ status: 'deleted', version: 3 });
    expect(overlay?.active).to.equal(0);
  });

  it('leaves a stream that cannot be understood where it stopped', async () => {
    await using log = await openTestLog();
    const created = storedNote({ kind: 'created', version: 1, data: { text: 'one', stars: 1 } });
    await handlesOf(log).events.insertMany([
      created,
      { ...storedNote({ kind: 'deleted', version: 2 }), type: 'NoteShredded' },
      storedNote({ kind: 'deleted', version: 3 }),
    ]);
    const [overlay] = await overlaySets(log, note, [0], limits);
    expect(overlay?.active).to.equal(1);
    expect(overlay && (await readPage(log, note, overlay, 0, 10))).to.deep.equal(['{"id":"a","text":"one","stars":1}']);
  });

  it("is the snapshot's, and says of when, where the tail is longer than the cap", async () => {
    await using log = await openTestLog();
    const steps = Array.from({ length: 30 }, (_, thing): Plan['steps'][number] => ({
      thing: thing + 10,
      command: { kind: 'create', fields: { text: 'one', stars: thing } },
      earlier: 0,
    }));
    const stored = storedOf({ steps, saved: 10, heartbeatsBehind: 0, torn: undefined }, 0);
    await store(log, stored, 0);
    const [within] = await overlaySets(log, note, [0], { ...limits, overlapMs: 0, tailEventsMax: 20 });
    expect(within).to.include({ active: 30, asOf: undefined });
    const [beyond] = await overlaySets(log, note, [0], { ...limits, overlapMs: 0, tailEventsMax: 19 });
    expect(beyond).to.deep.equal({ partition: 0, active: 10, changed: new Map(), asOf: at(stored.checkpointMinute) });
    expect(beyond && (await readPage(log, note, beyond, 8, 10))).to.have.length(2);
  });

  it('says so where the tail is longer than the cap and there is no snapshot', async () => {
    await using log = await openTestLog();
    await handlesOf(log).events.insertMany(
      [1, 2, 3].map((version) => storedNote({ kind: version === 1 ? 'created' : 'updated', version })),
    );
    const failure = await overlaySets(log, note, [0], { ...limits, tailEventsMax: 2 }).catch((error: unknown) => error);
    expect(String(failure)).to.contain('partition 0 has no snapshot yet');
  });

  it('reads the whole log of a partition without a snapshot, and of the others only the tail', async () => {
    await using log = await openTestLog();
    const old = (partition: number) =>
      storedNote(
        { kind: 'created', version: 1, data: { text: 'one', stars: 1 } },
        { partition, entityId: idOf(partition, 1) },
      );
    await handlesOf(log).events.insertMany([old(0), old(1)]);
    const saved = {
      events: [],
      records: [],
      checkpointed: [old(0)],
      checkpointMinute: 59,
      states: new Map<string, State>(),
    };
    await store(log, saved, 0);
    const overlays = await overlaySets(log, note, [0, 1], limits);
    expect(overlays.map(({ active, changed }) => [active, changed.size])).to.deep.equal([
      [1, 0],
      [1, 1],
    ]);
  });

  it('gives no page where a snapshot has moved what the overlay lies over', async () => {
    await using log = await openTestLog();
    await handlesOf(log).events.insertOne(storedNote({ kind: 'created', version: 1, data: { text: 'one', stars: 1 } }));
    const [overlay] = await overlaySets(log, note, [0], limits);
    if (!overlay) return expect.fail('no overlay');
    expect(await readPage(log, note, overlay, 0, 10)).to.have.length(1);
    await recordsOf(log, note).insertOne(
      recordOf('a', 0, { status: 'deleted', version: 2, createdAt: at(1), deletedAt: at(2) }, 'test:1'),
    );
    expect(await readPage(log, note, overlay, 0, 10)).to.equal(undefined);
  });
});

const idOf = (partition: number, thing: number) => `p${partition}-${String(thing).padStart(2, '0')}`;

const storedOf = ({ steps, saved, heartbeatsBehind, torn }: Plan, partition: number): Stored => {
  const commands = new Map<number, Plan['steps'][number]['command'][]>();
  const events: StoredEvent[] = [];
  for (const [step, { thing, command, earlier }] of steps.entries()) {
    const before = historyOf(commands.get(thing) ?? []);
    commands.set(thing, [...(commands.get(thing) ?? []), command]);
    const next = historyOf(commands.get(thing) ?? [])[before.length];
    // one event a minute; the clock of whoever wrote it was up to four minutes slow
    if (next)
      events.push(
        storedNote({ ...next, at: at(100 + step - earlier) }, { partition, entityId: idOf(partition, thing) }),
      );
  }
  const records = new Map<string, RecordDocument>();
  const snapshot = (upTo: number, from: number, number: number, most: number) => {
    const changed = [...new Set(events.slice(from, upTo).map(({ entityId }) => entityId))].slice(0, most);
    for (const id of changed) {
      const state = stateAfter(events.slice(0, upTo), id);
      if (state.status !== 'absent') records.set(id, recordOf(id, partition, state, `test:${number}`));
    }
  };
  const reach = Math.min(saved ?? 0, events.length);
  snapshot(reach, 0, 1, Number.POSITIVE_INFINITY);
  if (torn) snapshot(Math.min(reach + torn.after, events.length), reach, 2, torn.written);
  const lastSaved = steps.length === 0 ? 100 : minuteOf(steps, events, Math.max(0, reach - heartbeatsBehind));
  const states = new Map(
    [...new Set(events.map(({ entityId }) => entityId))].map((id) => [id, stateAfter(events, id)]),
  );
  return {
    events,
    records: [...records.values()],
    checkpointed: saved === undefined ? undefined : events.slice(0, reach),
    checkpointMinute: lastSaved,
    states,
  };
};

// the true time of the event at that place: of the next one where there is one, as a heartbeat comes before what it
// does not cover
const minuteOf = (steps: Plan['steps'], events: StoredEvent[], place: number) => {
  const next = events[place];
  if (!next) return 100 + steps.length;
  const shown = (next.at.getTime() - at(100).getTime()) / 60_000;
  return 100 + shown;
};

const stateAfter = (events: StoredEvent[], id: string): State =>
  fold(events.filter(({ entityId }) => entityId === id).map(eventOf), absent);

const eventOf = ({ type, version, data, at: happenedAt }: StoredEvent): Event => ({
  kind: type === 'NoteCreated' ? 'created' : type === 'NoteUpdated' ? 'updated' : 'deleted',
  version,
  data,
  at: happenedAt,
});

const store = async (log: Log, { events, records, checkpointed, checkpointMinute }: Stored, partition: number) => {
  if (events.length > 0) await handlesOf(log).events.insertMany(events);
  if (records.length > 0) await recordsOf(log, note).insertMany(records);
  if (!checkpointed) return;
  const ids = new Set(checkpointed.map(({ entityId }) => entityId));
  const active = [...ids].filter((id) => stateAfter(checkpointed, id).status === 'active').length;
  await handlesOf(log).checkpoints.insertOne({
    _id: partition,
    snapshot: 'test:1',
    resumeToken: {},
    clusterTime: new Timestamp({ t: 1, i: 1 }),
    at: at(checkpointMinute),
    events: checkpointed.length,
    active: { note: active },
    aggregator: 'aggregator-0',
  });
};

const activeOf = (states: ReadonlyMap<string, State>): string[] =>
  [...states.keys()].sort().flatMap((id) => {
    const state = states.get(id);
    return state?.status === 'active' ? [JSON.stringify(present(note, id, state.fields))] : [];
  });
