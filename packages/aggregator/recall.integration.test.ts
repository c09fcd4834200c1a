import type { Entity } from '@muster/model';
import { append, type Log, openAppendQueue, type StoredEvent } from '@muster/store';
import { note, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { saveSnapshot } from './snapshot.ts';
import { countActive, evictThings, forgetEvictedThings, isInMemory, type Partition } from './table.ts';
import { takeEvents, takeScanned } from './take-event.ts';
import { openOwner } from './test-owner.ts';

const entity: Entity = { ...note, keep: 1 };
const { signal } = new AbortController();

describe('Events of things of which few states stay in memory', () => {
  it('are counted once, also if a thing leaves memory while the record of another one is read', async () => {
    await using log = await openTestLog();
    const aggregator = await openOwner(log, entity);
    const partition = aggregator.table.get(0) as Partition;
    await takeEvents(aggregator, await write(log, ['a', 1], ['b', 1]), signal);
    expect(await saveSnapshot(aggregator, [0])).to.equal('saved');
    await takeEvents(aggregator, await write(log, ['a', 2]), signal);
    expect(await saveSnapshot(aggregator, [0])).to.equal('saved');
    evictThings(partition, entity, 1, Number.POSITIVE_INFINITY);
    expect([isInMemory(partition, entity.name, 'a'), isInMemory(partition, entity.name, 'b')]).to.deep.equal([
      true,
      false,
    ]);
    const taking = takeEvents(aggregator, await write(log, ['b', 2], ['a', 3]), signal);
    evictThings(partition, entity, 0, Number.POSITIVE_INFINITY); // while the record of b is read
    expect(isInMemory(partition, entity.name, 'a')).to.equal(false);
    await taking;
    expect([countActive(partition, entity.name), partition.events]).to.deep.equal([2, 5]);
  });

  it('are counted once, also if a thing leaves memory while a hole of another one is filled', async () => {
    await using log = await openTestLog();
    const aggregator = await openOwner(log, entity);
    const partition = aggregator.table.get(0) as Partition;
    await takeEvents(aggregator, await write(log, ['a', 1], ['b', 1]), signal);
    expect(await saveSnapshot(aggregator, [0])).to.equal('saved');
    const [, newest] = await write(log, ['b', 2], ['b', 3]); // the stream brings the newer one first
    const taking = takeEvents(aggregator, [newest as StoredEvent, ...(await write(log, ['a', 2]))], signal);
    await new Promise<void>((resolve) => setImmediate(resolve)); // the hole is being filled
    evictThings(partition, entity, 0, Number.POSITIVE_INFINITY);
    await taking;
    expect([countActive(partition, entity.name), partition.events]).to.deep.equal([2, 5]);
  });

  it('are counted once when a scan brings them again, and those that were missed, whoever saved them', async () => {
    await using log = await openTestLog();
    const aggregator = await openOwner(log, entity);
    const partition = aggregator.table.get(0) as Partition;
    const taken = await write(log, ['a', 1], ['b', 1]);
    await takeEvents(aggregator, taken, signal);
    expect(await saveSnapshot(aggregator, [0])).to.equal('saved');
    evictThings(partition, entity, 0, Number.POSITIVE_INFINITY);
    const missed = await write(log, ['a', 2], ['c', 1], ['c', 2]);
    const other = await openOwner(log, entity);
    await takeEvents(other, [...taken, ...missed], signal);
    expect(await saveSnapshot(other, [0])).to.equal('saved');
    for (const scan of ['the first', 'another one']) {
      await takeScanned(aggregator, [...taken, ...missed], signal);
      expect([countActive(partition, entity.name), partition.events], scan).to.deep.equal([3, 5]);
      evictThings(partition, entity, 0, Number.POSITIVE_INFINITY);
    }
    forgetEvictedThings(partition, entity, Date.now() + 1);
    await takeScanned(aggregator, [...taken, ...missed], signal);
    expect([countActive(partition, entity.name), partition.events], 'what is forgotten').to.deep.equal([3, 5]);
  });
});

/** Appends these events, by id and version. Returns them. */
const write = async (log: Log, ...events: readonly [id: string, version: number][]): Promise<StoredEvent[]> => {
  const queue = openAppendQueue();
  const stored = events.map(([id, version]) => eventOf(id, version));
  for (const event of stored) expect(await append(log, queue, event, 5_000)).to.deep.equal({ kind: 'appended' });
  return stored;
};

const eventOf = (id: string, version: number): StoredEvent => ({
  ...{ _id: `${id}-${version}`, entity: note.name, entityId: id, version, partition: 0 },
  ...{ type: version === 1 ? 'NoteCreated' : 'NoteUpdated', data: { text: 'a', stars: version }, at: new Date() },
  meta: { requestId: 'test' },
});
