import { type Event, fold } from '@muster/model';
import { anyHistory, at, note, openTestLog, storedNote } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { Double, Long, Timestamp } from 'mongodb';
import type { StoredCheckpoint } from './documents.ts';
import { findAlive } from './find-alive.ts';
import { guardStoredLog } from './guard-log.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { recordOf } from './records.ts';

const limits = { recordsMax: 1_000, eventsMax: 1_000, changedMax: 100, foldedMax: 100, deadlineMs: 5_000 };
const partitions = [0, 1, 2, 3];

/** A stream, with the version that its record has, or 0 without one. */
type Stream = { id: string; partition: number; history: Event[]; saved: number };

/** Streams of which the records and checkpoints have all events up to a minute of the tests, and maybe later ones. */
const anyStreams = fc
  .tuple(fc.array(fc.tuple(anyHistory, fc.nat(12)), { maxLength: 12 }), fc.nat(13), fc.subarray(partitions))
  .map(([drawn, minute, withCheckpoint]) => {
    const streams = drawn.map(([history, more], index): Stream => {
      const partition = index % partitions.length;
      const least = withCheckpoint.includes(partition) ? Math.min(minute, history.length) : 0;
      return { id: `s${index}`, partition, history, saved: Math.min(history.length, least + more) };
    });
    return { streams, minute, withCheckpoint };
  });

const save = async (
  log: Log,
  { streams, minute, withCheckpoint }: typeof anyStreams extends fc.Arbitrary<infer T> ? T : never,
) => {
  const { events, checkpoints } = handlesOf(log);
  await Promise.all([events.deleteMany({}), checkpoints.deleteMany({}), recordsOf(log, note).deleteMany({})]);
  const stored = streams.flatMap(({ id, partition, history }) =>
    history.map((event) => storedNote(event, { entityId: id, partition })),
  );
  if (stored.length > 0) await events.insertMany(stored);
  for (const { id, partition, history, saved } of streams) {
    const state = fold(note, history.slice(0, saved));
    if (state.status !== 'absent') await recordsOf(log, note).insertOne(recordOf(id, partition, state, 'test:1'));
  }
  for (const partition of withCheckpoint) await checkpoints.insertOne(checkpointAt(partition, at(minute)));
};

const checkpointAt = (partition: number, time: Date): StoredCheckpoint => ({
  ...{ _id: partition, snapshot: 'test:1', at: time, events: 0, active: {}, aggregator: 'test' },
  ...{ resumeToken: { _data: '00' }, clusterTime: Timestamp.fromBits(0, 0) },
});

const findIn = async (log: Log, asked: number[], time: Date, more: Partial<typeof limits> = {}) => {
  const asking = { partitions: asked, ofPartitions: partitions.length, at: time };
  const ids: string[] = [];
  const found = await findAlive(log, note, asking, { ...limits, ...more }, (partition, id) => {
    expect(partitions).to.include(partition);
    ids.push(id);
  });
  return found.kind === 'found' ? ids.sort() : found.why;
};

describe('The things at a time', function () {
  this.timeout(120_000);

  it('are those whose events up to then make them active, however far the records reach', async () => {
    await using log = await openTestLog();
    await fc.assert(
      fc.asyncProperty(anyStreams, fc.subarray(partitions, { minLength: 1 }), async (drawn, asked) => {
        await save(log, drawn);
        for (const minute of [0, 1, 2, 3, 5, 8, 13, 20]) {
          const isAlive = ({ history, partition }: Stream) =>
            asked.includes(partition) && fold(note, history.slice(0, minute)).status === 'active';
          const expected = drawn.streams.filter(isAlive).map(({ id }) => id);
          expect(await findIn(log, asked, at(minute))).to.deep.equal(expected.sort());
        }
      }),
      { numRuns: 25 },
    );
  });

  it('include what was stored up to a minute later than its time says', async () => {
    await using log = await openTestLog();
    const time = new Date(at(9).getTime() - 50_000);
    await handlesOf(log).checkpoints.insertMany(partitions.map((partition) => checkpointAt(partition, at(9))));
    const created = { type: 'NoteCreated', version: 1, at: time, data: { text: 'one', stars: 1 } };
    await handlesOf(log).events.insertOne(storedNote(created, { entityId: 'late' }));
    expect(await findIn(log, partitions, time)).to.deep.equal(['late']);
    expect(await findIn(log, partitions, new Date(time.getTime() - 1))).to.deep.equal([]);
  });

  it('are refused past each limit, with the reason', async () => {
    await using log = await openTestLog();
    const history = [{ type: 'NoteCreated', version: 1, at: at(1), data: { text: 'one', stars: 1 } }];
    const more = [2, 3].map((version) => ({ type: 'NoteUpdated', version, at: at(version), data: { stars: version } }));
    const streams = ['a', 'b', 'c'].map((id) => ({ id, partition: 0, history: [...history, ...more], saved: 0 }));
    await save(log, { streams, minute: 0, withCheckpoint: [] });
    expect(await findIn(log, partitions, at(5))).to.deep.equal(['a', 'b', 'c']);
    expect(await findIn(log, partitions, at(5), { eventsMax: 8 })).to.match(/^over 8 events/);
    expect(await findIn(log, partitions, at(5), { changedMax: 2 })).to.match(/^over 2 notes/);
    expect(await findIn(log, partitions, at(5), { foldedMax: 2 })).to.match(/^note "[abc]" has over 2 events/);
    await save(log, { streams: streams.map((one) => ({ ...one, saved: 3 })), minute: 9, withCheckpoint: partitions });
    expect(await findIn(log, partitions, at(5), { eventsMax: 0, changedMax: 0 })).to.deep.equal(['a', 'b', 'c']);
    expect(await findIn(log, partitions, at(5), { recordsMax: 2 })).to.match(/^there are over 2 notes/);
  });

  it('do not come from the records of another log', async () => {
    await using log = await openTestLog();
    await guardStoredLog(log, 5_000);
    await recordsOf(log, note).insertOne(
      recordOf(
        'ghost',
        0,
        { status: 'active', version: 1, fields: {}, createdAt: at(1), updatedAt: at(1) },
        '00000000-another:1',
      ),
    );
    expect(await findIn(log, partitions, at(5))).to.deep.equal([]);
  });

  it('come from records with other types of numbers, too', async () => {
    await using log = await openTestLog();
    const state = { status: 'active' as const, version: 1, fields: {}, createdAt: at(1), updatedAt: at(1) };
    const odd = { ...recordOf('odd', 0, state, 'test:1'), version: new Double(1), partition: new Long(0) };
    await recordsOf(log, note).insertOne(odd as never);
    await handlesOf(log).checkpoints.insertOne(checkpointAt(0, at(9)));
    expect(await findIn(log, partitions, at(1))).to.deep.equal(['odd']);
    expect(await findIn(log, partitions, at(0))).to.deep.equal([]);
  });
});
