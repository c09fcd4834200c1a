import type { State } from '@muster/model';
import { at, note, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { eventAt, streams } from './contract/notes.ts';
import type { RecordDocument } from './documents.ts';
import { guardLog } from './guard-log.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { unpackFields } from './packed-fields.ts';
import { type SavedState, scanEventBatches, scanEvents, scanRecords, scanStates } from './read-partition.ts';
import { stateOf } from './records.ts';
import { markOf } from './snapshot-mark.ts';

const ofPartitions = 4;
const marks = { own: markOf('this-log', 'a1', 1), former: markOf('former-log', 'a1', 7), earlier: 'a1:3' };

const recordAt = (n: number): RecordDocument => {
  const times = { createdAt: at(1), updatedAt: at(n) };
  const snapshot = Object.values(marks)[n % 3] as RecordDocument['snapshot'];
  const common = { _id: `id-${n}`, text: `ä${n}`, stars: n, version: n + 1, partition: n % 5, snapshot, ...times };
  switch (n % 7) {
    case 0:
      return { ...common, deletedAt: at(n) };
    case 1:
      return { ...times, former: { text: 1 }, ...common }; // in another order
    default:
      return { ...common, tags: ['a'], deletedAt: n % 7 === 2 ? null : undefined };
  }
};

type Saved = [id: string, partition: number, version: number, state: State];
const byId = ([a]: Saved, [b]: Saved) => (a < b ? -1 : 1);

const scanned = async (log: Log, partitions: number[]): Promise<Saved[]> => {
  const found: Saved[] = [];
  for await (const batch of scanStates(log, note, partitions, ofPartitions))
    for (const one of batch) {
      found.push([idOf(one), one.partition, one.version, unpacked(one)]);
    }
  return found.sort(byId);
};

const idOf = (saved: SavedState): string =>
  'state' in saved ? saved.id : saved.packed.record.toString('latin1', saved.packed.idFrom, saved.packed.idEnd);

const unpacked = (saved: SavedState): State => {
  if ('state' in saved) return saved.state;
  const { bytes, from, createdAt, updatedAt } = saved.packed;
  const times = { createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) };
  return { status: 'active', version: saved.version, fields: unpackFields(note, bytes, from), ...times };
};

const expected = async (log: Log, partitions: number[]): Promise<Saved[]> => {
  const found: Saved[] = [];
  for await (const record of scanRecords(log, note, partitions))
    found.push([record._id, record.partition, record.version, stateOf(note, record)]);
  return found.sort(byId);
};

describe('A scan of states', function () {
  this.timeout(60_000);

  it('returns the states of all records of its partitions that belong to this log, and no others', async () => {
    await using log = await openTestLog();
    await recordsOf(log, note).insertMany(Array.from({ length: 12_000 }, (_, n) => recordAt(n)));
    guardLog(log, 'this-log');
    for (const partitions of [[0, 1, 2, 3], [1, 2], [3]]) {
      const found = await scanned(log, partitions);
      expect(found.length).to.be.above(1_000);
      expect(found).to.deep.equal(await expected(log, partitions));
    }
  });

  it('blocks nothing when the reader stops early', async () => {
    await using log = await openTestLog();
    await recordsOf(log, note).insertMany(Array.from({ length: 12_000 }, (_, n) => recordAt(n)));
    for await (const batch of scanStates(log, note, [0, 1, 2, 3], ofPartitions)) if (batch.length > 0) break;
    expect((await scanned(log, [1])).length).to.be.above(1_000);
  });
});

describe('A scan of events in batches', function () {
  this.timeout(60_000);

  it('returns the events that a scan returns, of many or few partitions, from a time or from the start', async () => {
    await using log = await openTestLog();
    const events = [...streams('id-', 6_000), eventAt('late', 5, { partition: 1 })];
    await handlesOf(log).events.insertMany(events);
    for (const [partitions, since] of [
      [[0, 1, 2], undefined],
      [[1], undefined],
      [[0, 1], at(3)],
    ] as const) {
      const found: string[] = [];
      for await (const batch of scanEventBatches(log, partitions, ofPartitions, since))
        found.push(...batch.map(({ _id }) => _id));
      const all: string[] = [];
      for await (const { _id } of scanEvents(log, partitions, since)) all.push(_id);
      expect(found.sort()).to.deep.equal(all.sort());
      expect(all).not.to.deep.equal([]);
    }
  });
});
