import { at, note, openTestLog, storedNote } from '@muster/testing';
import { expect } from 'chai';
import { keepDeadLetter, readDeadLetters, removeDeadLetters } from './dead-letters.ts';
import { recordsOf } from './open-log.ts';
import { countEvents, scanEvents, scanLastVersions, scanRecords } from './read-partition.ts';
import { recordOf } from './records.ts';

const deadlineMs = 5_000;

/** The event of that version of a stream; it happened that many minutes after the start of the tests' year. */
const eventAt = (partition: number, entityId: string, version: number, minute = version) =>
  storedNote(
    { kind: version === 1 ? 'created' : 'updated', version, data: { text: 'one', stars: 1 }, at: at(minute) },
    { partition, entityId },
  );

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

describe('Partitions of the log', function () {
  this.timeout(60_000);

  it('are scanned whole and alone, however many batches that takes', async () => {
    await using log = await openTestLog();
    const events = Array.from({ length: 5_000 }, (_, n) => eventAt(n % 3, `id-${n}`, 1, n));
    await log.events.insertMany(events);
    const scanned = await all(scanEvents(log, [0, 2], undefined));
    expect(new Set(scanned.map(({ _id }) => _id))).to.deep.equal(
      new Set(events.filter(({ partition }) => partition !== 1).map(({ _id }) => _id)),
    );
    expect(scanned).to.have.length(3_333);
  });

  it('are scanned from a time on, that time included', async () => {
    await using log = await openTestLog();
    await log.events.insertMany([1, 2, 3, 4].map((version) => eventAt(1, 'a', version)));
    expect((await all(scanEvents(log, [1], at(3)))).map(({ version }) => version)).to.deep.equal([3, 4]);
  });

  it('have as many events as the sum of the last versions of their streams', async () => {
    await using log = await openTestLog();
    await log.events.insertMany([eventAt(1, 'a', 1), eventAt(1, 'a', 2), eventAt(1, 'b', 1), eventAt(2, 'c', 1)]);
    const last = await all(scanLastVersions(log, 1));
    expect(last.sort((a, b) => a.version - b.version)).to.deep.equal([
      { _id: { entity: 'note', entityId: 'b' }, version: 1 },
      { _id: { entity: 'note', entityId: 'a' }, version: 2 },
    ]);
    expect(await countEvents(log, 1, deadlineMs)).to.equal(3);
    expect(await countEvents(log, 3, deadlineMs)).to.equal(0);
  });

  it('have their records read whole and alone, tombstones too', async () => {
    await using log = await openTestLog();
    const active = {
      status: 'active',
      version: 1,
      fields: { text: 'one' },
      createdAt: at(1),
      updatedAt: at(1),
    } as const;
    const deleted = { status: 'deleted', version: 2, createdAt: at(1), deletedAt: at(2) } as const;
    const records = [
      recordOf('a', 1, active, 'test:1'),
      recordOf('b', 1, deleted, 'test:1'),
      recordOf('c', 2, active, 'test:1'),
    ];
    await recordsOf(log, note).insertMany(records);
    expect((await all(scanRecords(log, note, [1, 3]))).map(({ _id }) => _id).sort()).to.deep.equal(['a', 'b']);
  });

  it('left in the middle of a scan leave no cursor that holds the log up', async () => {
    await using log = await openTestLog();
    await log.events.insertMany(Array.from({ length: 3_000 }, (_, n) => eventAt(1, `id-${n}`, 1, n)));
    for await (const event of scanEvents(log, [1], undefined)) if (event) break;
    expect(await countEvents(log, 1, deadlineMs)).to.equal(3_000);
  });
});

describe('Dead letters', function () {
  this.timeout(60_000);

  it('keep an event with the reason, once, however often it fails', async () => {
    await using log = await openTestLog();
    const event = eventAt(1, 'a', 1);
    await keepDeadLetter(log, event, 'first reason', deadlineMs);
    const [first] = await readDeadLetters(log, [1], deadlineMs);
    await keepDeadLetter(log, event, 'second reason', deadlineMs);
    const [second, ...others] = await readDeadLetters(log, [1, 2], deadlineMs);
    expect(first).to.deep.include({ _id: event._id, event, error: 'first reason', partition: 1, attempts: 1 });
    expect(second).to.deep.equal({ ...first, error: 'second reason', attempts: 2 });
    expect(others).to.deep.equal([]);
  });

  it('are those of the partitions that are asked for, until they are removed', async () => {
    await using log = await openTestLog();
    const [one, two] = [eventAt(1, 'a', 1), eventAt(2, 'b', 1)];
    for (const event of [one, two]) await keepDeadLetter(log, event, 'no', deadlineMs);
    expect((await readDeadLetters(log, [2], deadlineMs)).map(({ _id }) => _id)).to.deep.equal([two._id]);
    await removeDeadLetters(log, [two._id, 'never kept'], deadlineMs);
    await removeDeadLetters(log, [], deadlineMs);
    expect((await readDeadLetters(log, [1, 2], deadlineMs)).map(({ _id }) => _id)).to.deep.equal([one._id]);
  });
});
